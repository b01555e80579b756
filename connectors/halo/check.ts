import { LIFECYCLE_STAGES, PermissionError, SourceError, type CheckFinding } from '../sdk/contract/index.js';
import { reach } from '../sdk/http/index.js';
import { scopesOf, writesSuppliers } from './auth.js';
import { peopleQuery } from './catalogue.js';
import { assetsQuery, begin } from './changes.js';
import { classOfType } from './classes.js';
import { get, readPage, type ListQuery } from './list.js';
import { manifest } from './manifest.js';
import { unready } from './push/create.js';
import { same } from './push/names.js';
import { statusFor } from './push/stage.js';
import type { HaloClient } from './session.js';
import { stagesOf } from './stages.js';
import { referenceStreams } from './streams/index.js';
import { suppliers } from './streams/suppliers.js';
import { rowId } from './types.js';

/** Reaches, authenticates, and asks for one row of everything that the streams need. Changes nothing. */
export async function* check(client: HaloClient, names: readonly string[]): AsyncGenerator<CheckFinding> {
  if (!(yield* reach(client, () => get(client, '/api/AssetType', {}, names[0] ?? 'assets', [403])))) return;
  if (names.includes('assets') || names.includes('relationships')) yield* assets(client, names);
  if (names.includes('assets')) {
    yield* settings(client);
    yield await readable(client, 'assets', peopleQuery('assets'), 'read:customers', 'warning');
    if (client.source.push?.enabled === true) yield* writing(client);
    if (writesSuppliers(client.source) && !names.includes('suppliers')) yield await readable(client, 'assets', suppliers.query, suppliers.permissions[0] ?? '', 'failed');
  }
  for (const stream of referenceStreams) {
    if (names.includes(stream.name) && !(stream.name === 'users' && names.includes('assets'))) yield await readable(client, stream.name, stream.query, stream.permissions[0] ?? '', 'failed');
  }
}

/** Assets themselves, their details where relations are read, and how changes become known. */
async function* assets(client: HaloClient, names: readonly string[]): AsyncGenerator<CheckFinding> {
  const stream = names.includes('assets') ? 'assets' : 'relationships';
  const base = { what: 'read assets', stream };
  try {
    const begun = await begin(client, stream);
    if (begun.total === 0) {
      yield { ...base, outcome: 'warning', message: 'there is no asset, or this agent may see none', hint: "If there should be some, look at the role of the application's agent and at the access control of the asset types." };
      return;
    }
    yield { ...base, outcome: 'ok', message: `${begun.total} assets can be read, inactive ones included` };
    yield begun.obeys ? { what: 'changes', stream, outcome: 'ok', message: 'the instance tells which assets changed' } : {
      what: 'changes', stream, outcome: 'ok',
      message: `the instance ignores lastupdatefromdate for assets: every run reads all of them${names.includes('relationships') ? ', and relations are read by full scans alone' : ''}` };
    if (names.includes('relationships')) {
      const [row] = (await readPage(client, assetsQuery('relationships'), 1, 1)).rows;
      const answer: unknown = (await get(client, `/api/Asset/${String(rowId(row))}`, { includedetails: 'true' }, 'relationships')).json();
      const told = typeof answer === 'object' && answer !== null && 'parent_assets' in answer;
      yield told ? { what: 'read relations', stream: 'relationships', outcome: 'ok', message: 'details of assets name their parents' }
        : { what: 'read relations', stream: 'relationships', outcome: 'warning', message: 'details of assets name no parents', hint: 'This version of Halo may not tell relations: take the stream relationships out of the configuration.' };
    }
  } catch (error) {
    yield refused(error, base, `Give the application ${scopesOf(client.source)} on its Permissions tab, and its agent a role that allows assets.`);
  }
}

/** Types without a class and statuses without a meaning: what only the configuration can tell. */
async function* settings(client: HaloClient): AsyncGenerator<CheckFinding> {
  const stream = 'assets';
  try {
    const types = [...(await client.catalogue.types(client, stream)).values()];
    const unnamed = types.filter((type) => classOfType(type, client.source.options) === undefined).map(({ name }) => name);
    yield unnamed.length === 0 ? { what: 'asset types', stream, outcome: 'ok', message: `all ${types.length} have a class` }
      : { what: 'asset types', stream, outcome: 'warning', message: `without a class: ${unnamed.join(', ')}`, hint: 'Name a class for each under options.classes, or null to leave its assets out.' };
    const statuses = await client.catalogue.statuses(client, stream);
    if (statuses === undefined) {
      yield { what: 'read lookup 61', stream, outcome: 'warning', message: 'the list of asset statuses may not be read: names are taken as the assets give them', hint: "Let the agent's role read lookups." };
      return;
    }
    const unread = [...statuses.values()].filter((status) => stagesOf(client.source.options).read({ status, inactive: 'false' })?.stage === undefined);
    yield unread.length === 0 ? { what: 'asset statuses', stream, outcome: 'ok', message: `all ${statuses.size} have a meaning` }
      : { what: 'asset statuses', stream, outcome: 'warning', message: `without a meaning: ${unread.join(', ')}`, hint: 'Assets with them make no move. Name them under options.statuses.' };
  } catch (error) {
    yield refused(error, { what: 'read asset types', stream }, "Let the role of the application's agent read asset types.");
  }
}

/** What can be known of writing without a write: the scope, the statuses, and what new assets need. */
async function* writing(client: HaloClient): AsyncGenerator<CheckFinding> {
  const base = { what: 'write assets', stream: 'assets' };
  const { options, push } = client.source;
  const granted = client.granted();
  yield granted !== undefined && !['edit:assets', 'all', 'all:standard'].some((scope) => granted.includes(scope))
    ? { ...base, outcome: 'failed', message: `the token was given without edit:assets: it has ${granted.join(' ')}`, hint: 'Tick edit:assets on the Permissions tab of the API application.' }
    : { ...base, outcome: 'ok', message: "the application may write assets; whether its agent's role may, the first write tells" };
  try {
    const statuses = await client.catalogue.statuses(client, base.stream);
    const missing = statuses === undefined ? [] : LIFECYCLE_STAGES.map((stage) => [stage, statusFor(stage, options)] as const).filter(([, name]) => ![...statuses.values()].some((known) => same(known, name)));
    if (missing.length > 0) yield { ...base, what: 'statuses to write', outcome: 'warning', message: `stages that cannot be written: ${missing.map(([stage, name]) => `${stage} (${name})`).join(', ')}`, hint: 'Put the name of this instance first for each of them under options.statuses.' };
    if (push?.mode !== 'upsert') return;
    const wrong = await unready(client, push.reference ?? manifest.referenceFields?.[0] ?? '');
    for (const { refusal } of wrong) yield { ...base, what: 'create assets', outcome: 'failed', message: refusal.message, ...(refusal.hint !== undefined && { hint: refusal.hint }) };
    if (wrong.length === 0) yield { ...base, what: 'create assets', outcome: 'ok', message: 'there is a field for our asset id' };
  } catch (error) {
    yield refused(error, base, "Give the role of the application's agent the right to read what is written.");
  }
}

async function readable(client: HaloClient, stream: string, query: ListQuery, scope: string, missing: 'warning' | 'failed'): Promise<CheckFinding> {
  const base = { what: `read ${query.name}`, stream };
  try {
    const { total } = await readPage(client, query, 1, 1);
    return total > 0 ? { ...base, outcome: 'ok', message: 'readable' } : { ...base, outcome: 'warning', message: `there are no ${query.name}, or this agent may see none`, hint: `If there should be some, tick ${scope} and look at the role of the agent.` };
  } catch (error) {
    const hint = `Tick ${scope} on the Permissions tab of the API application, and let its agent's role see ${query.name}.`;
    const finding = refused(error, base, hint);
    return missing === 'warning' && error instanceof PermissionError ? { ...finding, outcome: 'warning', message: `${finding.message}; owners are named as the assets name them` } : finding;
  }
}

function refused(error: unknown, base: { readonly what: string; readonly stream: string }, hint: string): CheckFinding {
  if (!(error instanceof SourceError)) throw error;
  if (error instanceof PermissionError) return { ...base, outcome: 'failed', message: `may not be read: ${error.vendorWords ?? error.message}`, hint };
  return { ...base, outcome: 'failed', message: error.message, hint: error.hint ?? hint };
}
