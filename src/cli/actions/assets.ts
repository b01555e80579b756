import { ATTRIBUTES } from '../../../connectors/sdk/contract/index.js';
import { AssetQueries, type AssetSelection } from '../../queries/asset-queries.service.js';
import type { AssetDocument } from '../../queries/asset-documents.js';
import { assetCount, renderAsset, renderAssets, renderHistory } from '../render/assets.js';
import { renderExplanation } from '../render/explain.js';
import { plain } from '../render/text.js';
import type { Session } from '../session.js';
import type { Run } from '../verb.js';

export const list: Run = async (session, _args, options) => session.read(async (app) => {
  const { out, io } = session;
  const queries = app.get(AssetQueries);
  const known = queries.vocabulary();
  for (const name of (options['class'] ?? []) as string[]) await session.oneOf('class', name, known.classes);
  for (const stage of (options['stage'] ?? []) as string[]) await session.oneOf('stage', stage, known.stages);
  for (const source of (options['source'] ?? []) as string[]) await session.oneOf('source', source, known.sources);
  const selection: AssetSelection = {
    ...(options['class'] && { classes: options['class'] as string[] }), ...(options['stage'] && { stages: options['stage'] as string[] }), ...(options['source'] && { sources: options['source'] as string[] }),
    ...(options['search'] !== undefined && { search: options['search'] as string }),
  };
  const limit = (options['limit'] as number | undefined) ?? (out.json ? undefined : 50);
  if (out.json) {
    for await (const asset of queries.list({ ...selection, ...(limit !== undefined && { limit }) })) await out.document(asset);
    return;
  }
  const shown: AssetDocument[] = [];
  for await (const asset of queries.list({ ...selection, ...(limit !== undefined && { limit }) })) shown.push(asset);
  if (shown.length > 0) await out.line(renderAssets(shown, io.clock.now(), out.style));
  await out.talk(assetCount(shown.length, shown.length < (limit ?? 0) ? shown.length : await queries.count(selection)));
});

export const show: Run = async (session, [reference]) => session.read(async (app) => {
  const { out, io } = session;
  const asset = session.found(reference as string, await app.get(AssetQueries).show(reference as string));
  if (out.json) await out.document(asset);
  else await out.line(renderAsset(asset, io.clock.now(), out.style));
});

export const history: Run = async (session, [reference], options) => session.read(async (app) => {
  const { out } = session;
  const changes = session.found(reference as string, await app.get(AssetQueries).history(reference as string, options['limit'] as number, options['attribute'] as string | undefined));
  if (out.json) for (const change of changes) await out.document(change);
  else if (changes.length > 0) await out.line(renderHistory(changes, out.style));
  else await out.talk('nothing has changed.');
});

export const explain: Run = async (session, [reference, attribute], options) => session.read(async (app) => {
  const { out } = session;
  const source = options['whyNot'] as string | undefined;
  if (source !== undefined) await session.oneOf('source', source, app.engine.config.sources.map(({ name }) => name));
  const one = attribute as string | undefined;
  const explanation = session.found(reference as string, await app.get(AssetQueries).explain(reference as string, { ...(one !== undefined && { attribute: one }), ...(source !== undefined && { whyNot: source }) }));
  if (one !== undefined) await mustBeSaid(session, one, explanation.attributes[one]);
  if (out.json) await out.document(explanation);
  else await out.line(renderExplanation(explanation, one === undefined ? {} : { attribute: one }, out.style));
});

/** An attribute that exists may be unsaid; one that nobody has ever heard of is a slip. */
async function mustBeSaid(session: Session, attribute: string, outcome: { readonly winner: unknown; readonly losers: readonly unknown[]; readonly override?: unknown } | undefined): Promise<void> {
  if (attribute === 'stage' || attribute === 'class' || Object.hasOwn(ATTRIBUTES, attribute) || (outcome && (outcome.winner !== null || outcome.losers.length > 0 || outcome.override !== undefined))) return;
  await session.oneOf('attribute', plain(attribute), ['stage', 'class', ...Object.keys(ATTRIBUTES)], 1);
}
