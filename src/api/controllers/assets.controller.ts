import { Controller } from '@nestjs/common';
import { LIFECYCLE_STAGES } from '../../../connectors/sdk/contract/index.js';
import { ASSET_SORTS, AssetQueries, type AssetOrder } from '../../queries/asset-queries.service.js';
import { OutboxService } from '../../push/outbox.service.js';
import { TheCall, type Call } from '../call.js';
import { cursorFor, MOST_ITEMS, page, pageOf, PAGING, positionOf, sizeOf, type Page, type Paged } from '../cursor.js';
import { Answer, Route } from '../route.js';
import { list, oneOf, record, ref, text, type Schema } from '../schema/schema.js';
import { ASSET_PARAMS, FILTER_ATTRIBUTES, found, mustBeKnown, tagOf } from './parts.js';

const SORTS = Object.keys(ASSET_SORTS).flatMap((name) => [name, `-${name}`]);
const several = (description: string, item: Schema = text({ minLength: 1, maxLength: 300 })): Schema => list(item, { maxItems: 50, description });

type Filter = { readonly class?: readonly string[]; readonly stage?: readonly string[]; readonly source?: readonly string[]; readonly search?: string; readonly sort?: string } & Readonly<Record<string, unknown>>;

@Controller('assets')
export class AssetsController {
  @Route('GET', '', {
    id: 'listAssets', tag: 'assets', access: 'viewer', summary: 'List assets', cost: 2,
    description: 'A filter that is given several times lets any of its values pass; different filters must all hold. A page goes on behind the last asset of the page before, whatever is created, changed or merged meanwhile.',
    query: {
      'class?': several('of one of these classes or one below it'), 'stage?': several('in one of these stages', oneOf(LIFECYCLE_STAGES)), 'source?': several('that one of these sources has'), 'search?': text({ minLength: 1, maxLength: 200, description: 'with this text in a name, attribute or identifier' }),
      ...Object.fromEntries(FILTER_ATTRIBUTES.map((name) => [`${name}?`, several(`whose ${name} is exactly one of these`)])), 'sort?': oneOf(SORTS, { default: 'created', description: 'what to order by; with - descending' }), ...PAGING,
    },
    answers: { 200: { about: 'One page of assets', schema: pageOf(ref('Asset')) } },
  })
  async list(@TheCall() { engine, query }: Call<Paged & Filter>): Promise<Page<unknown>> {
    const { limit: _limit, cursor, sort = 'created', class: classes, stage: stages, source: sources, search, ...rest } = query;
    const queries = new AssetQueries(engine);
    const known = queries.vocabulary();
    mustBeKnown('class', classes ?? [], known.classes);
    mustBeKnown('source', sources ?? [], known.sources);
    const order: AssetOrder = { by: sort.replace(/^-/, '') as AssetOrder['by'], isDescending: sort.startsWith('-') };
    const scope = ['assets', sort, classes ?? null, stages ?? null, sources ?? null, search ?? null, rest];
    const [value, seq] = positionOf(cursor, scope, [order.by === 'created' || order.by === 'updated' ? 'number' : 'string', 'number']) ?? [];
    const size = sizeOf(query);
    const selection = { ...(classes && { classes }), ...(stages && { stages }), ...(sources && { sources }), ...(search !== undefined && { search }), attributes: rest as Readonly<Record<string, readonly string[]>> };
    const rows = await queries.page(selection, order, value === undefined ? undefined : { value, seq: seq as number }, size + 1);
    const { items, next } = page(rows, size, scope, ({ place }) => [place.value, place.seq]);
    return { items: items.map(({ document }) => document), next };
  }

  @Route('GET', ':id', {
    id: 'showAsset', tag: 'assets', access: 'viewer', summary: 'Show one asset: values, identifiers, records, relationships, software, open reviews', params: ASSET_PARAMS, problems: [409],
    description: 'An id that has merged gives the asset that it is now, with `redirectedFrom`. The ETag changes with everything that a decision rests upon, and not when a source merely shows the same again.',
    answers: { 200: { about: 'The asset', schema: ref('AssetDetails') } },
  })
  async show(@TheCall() { engine, params }: Call): Promise<Answer> {
    const asset = found(params.id, await new AssetQueries(engine).show(params.id));
    return new Answer(asset, { headers: { etag: tagOf(asset) } });
  }

  @Route('GET', ':id/history', {
    id: 'assetHistory', tag: 'assets', access: 'viewer', summary: 'Show what changed, when and by what', params: ASSET_PARAMS, problems: [409], description: 'The latest changes, oldest first; `next` leads to those before.',
    query: { 'attribute?': text({ minLength: 1, maxLength: 100, description: 'only this attribute; stage and class are ones too' }), ...PAGING }, answers: { 200: { about: 'One page of changes', schema: pageOf(ref('Change')) } },
  })
  async history(@TheCall() { engine, params, query }: Call<Paged & { readonly attribute?: string }>): Promise<Page<unknown>> {
    const scope = ['history', params.id, query.attribute ?? null];
    const [before] = positionOf(query.cursor, scope, ['number']) ?? [];
    const size = sizeOf(query);
    // One more than is shown tells whether there are older ones: it is the oldest of them.
    const { changes, seqs } = found(params.id, await new AssetQueries(engine).historyPage(params.id, size + 1, query.attribute, before as number | undefined));
    const isMore = changes.length > size;
    return { items: isMore ? changes.slice(1) : changes, next: isMore ? cursorFor(scope, [seqs[1] as number]) : null };
  }

  @Route('GET', ':id/explain', {
    id: 'explainAsset', tag: 'assets', access: 'viewer', summary: 'Say why: who won and who lost each value, by which rule; which identifiers made it one asset', params: ASSET_PARAMS, problems: [409],
    query: { 'attribute?': text({ minLength: 1, maxLength: 100, description: 'only this one' }), 'whyNot?': text({ minLength: 1, maxLength: 63, description: 'why this source does not have its way' }) }, answers: { 200: { about: 'The explanation', schema: ref('Explanation') } },
  })
  async explain(@TheCall() { engine, params, query }: Call<{ readonly attribute?: string; readonly whyNot?: string }>): Promise<unknown> {
    if (query.whyNot !== undefined) mustBeKnown('whyNot', [query.whyNot], engine.config.sources.map(({ name }) => name));
    return found(params.id, await new AssetQueries(engine).explain(params.id, query));
  }

  @Route('GET', ':id/relationships', {
    id: 'assetRelationships', tag: 'assets', access: 'viewer', summary: 'Show what an asset depends on, runs on, or holds', params: ASSET_PARAMS, problems: [409],
    answers: { 200: { about: 'Its relationships, from both sides', schema: record({ asset: text(), items: list(ref('Relationship')) }) } },
  })
  async relationships(@TheCall() { engine, params }: Call): Promise<unknown> {
    const { id, relationships } = found(params.id, await new AssetQueries(engine).show(params.id));
    return { asset: id, items: relationships };
  }

  @Route('GET', ':id/pushes', {
    id: 'assetPushes', tag: 'assets', access: 'viewer', summary: 'Show what was written for an asset: when, why, what was answered, what stood there afterwards', params: ASSET_PARAMS, problems: [409],
    query: { 'limit?': PAGING['limit?'] as Schema }, answers: { 200: { about: 'The latest attempts, newest first', schema: record({ items: list(ref('Attempt'), { maxItems: MOST_ITEMS }) }) } },
  })
  async pushes(@TheCall() { engine, params, query }: Call<{ readonly limit?: number }>): Promise<unknown> {
    const { id } = found(params.id, await new AssetQueries(engine).show(params.id));
    return { items: await new OutboxService(engine).attempts(id, sizeOf(query)) };
  }
}
