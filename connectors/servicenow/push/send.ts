import { NotFoundError, RejectedError, type RequestSummary, type WriteOutcome } from '../../sdk/contract/index.js';
import { field } from '../../sdk/mapping/index.js';
import { printable } from '../../sdk/http/index.js';
import type { ServiceNowClient } from '../session.js';
import { itemOutcome, judgeRecordWrite, judgeWrite, outcomeOf, wordsOf } from './outcome.js';

/** One PATCH: a record of a class, and its columns as text. */
export interface Patch {
  readonly stream: string;
  readonly table: string;
  readonly id: string;
  readonly columns: Readonly<Record<string, string>>;
}

const pathOf = ({ table, id }: Patch): string => `/api/now/table/${table}/${id}`;
const queryOf = ({ columns }: Patch): Readonly<Record<string, string>> => ({
  sysparm_fields: ['sys_id', 'sys_mod_count', ...Object.keys(columns)].join(','), sysparm_display_value: 'false', sysparm_exclude_reference_link: 'true',
});

/** One outcome a patch, in order: a single one by the Table API, several in one round trip. */
export async function sendPatches(client: ServiceNowClient, patches: readonly Patch[]): Promise<WriteOutcome[]> {
  const [first] = patches;
  if (first === undefined) return [];
  return patches.length === 1 ? [await sendOne(client, first)] : await sendBatch(client, patches);
}

async function sendOne(client: ServiceNowClient, patch: Patch): Promise<WriteOutcome> {
  try {
    await client.http.send({ method: 'PATCH', url: pathOf(patch), query: queryOf(patch), body: patch.columns, stream: patch.stream, judge: judgeRecordWrite });
    return { kind: 'accepted' };
  } catch (error) {
    return outcomeOf(error, patch.table);
  }
}

/**
 * https://www.servicenow.com/docs/r/api-reference/rest-apis/batch-api.html: each item stands for itself, the outer status
 * says nothing. What is not served was not begun; what is not mentioned at all may have been.
 */
async function sendBatch(client: ServiceNowClient, patches: readonly Patch[]): Promise<WriteOutcome[]> {
  const headers = [{ name: 'Content-Type', value: 'application/json' }, { name: 'Accept', value: 'application/json' }];
  let answer: unknown;
  try {
    const response = await client.http.send({
      method: 'POST', url: '/api/now/v1/batch', stream: patches[0]!.stream, judge: judgeWrite,
      body: {
        batch_request_id: 'lockstep',
        rest_requests: patches.map((patch, at) => ({
          id: String(at), method: 'PATCH', url: `${pathOf(patch)}?${new URLSearchParams(queryOf(patch)).toString()}`, headers,
          // the answer's headers are kept: Retry-After is among them
          exclude_response_headers: false, body: Buffer.from(JSON.stringify(patch.columns), 'utf8').toString('base64'),
        })),
      },
    });
    answer = response.json();
  } catch (error) {
    if (!isNoResource(error)) return all(patches, error);
    client.log.warn('the instance has no Batch API: records are written one by one', { stream: patches[0]!.stream, because: (error as Error).message });
    return await oneByOne(client, patches);
  }
  const served = new Map<string, unknown>();
  for (const item of listOf(field(answer, 'serviced_requests'))) served.set(String(field(item, 'id')), item);
  const unserviced = new Set(listOf(field(answer, 'unserviced_requests')).map((entry) => String(typeof entry === 'object' ? field(entry, 'id') : entry)));
  return patches.map((patch, at) => {
    const item = served.get(String(at));
    if (item !== undefined) return readItem(client, patch, item);
    return unserviced.has(String(at)) ? { kind: 'retry', reason: 'ServiceNow had no time left for this part of a batch' }
      : { kind: 'unknown', reason: 'the answer of a batch does not mention this part' };
  });
}

/**
 * Nothing stands at the address of the Batch API, so nothing was begun, and nothing was said of any record: an unknown path
 * is a 400 by ServiceNow, and a 404 by what stands before it.
 */
const isNoResource = (error: unknown): boolean => error instanceof NotFoundError
  || (error instanceof RejectedError && error.request?.status === 400 && /does not represent any resource/i.test(error.vendorWords ?? ''));

/** Whoever is asked to wait waits with all that are still to come. */
async function oneByOne(client: ServiceNowClient, patches: readonly Patch[]): Promise<WriteOutcome[]> {
  const outcomes: WriteOutcome[] = [];
  for (const patch of patches) {
    const before = outcomes.at(-1);
    outcomes.push(before?.kind === 'retry' && before.afterMs !== undefined ? before : await sendOne(client, patch));
  }
  return outcomes;
}

/** The whole batch failed. A refusal of the batch itself is not one of each record: it is thrown, for a person to see. */
function all(patches: readonly Patch[], error: unknown): WriteOutcome[] {
  const outcome = outcomeOf(error, patches[0]!.table);
  if (outcome.kind === 'refused' || outcome.kind === 'conflict') throw error;
  // What came before the cut stays applied.
  const unclear = outcome.kind === 'retry' && outcome.afterMs === undefined && /cancell?ed/i.test(outcome.reason);
  return patches.map(() => (unclear ? { kind: 'unknown', reason: outcome.reason } : outcome));
}

function readItem(client: ServiceNowClient, patch: Patch, item: unknown): WriteOutcome {
  const status = Number(field(item, 'status_code'));
  const text = field(item, 'body');
  const body = typeof text === 'string' ? parsed(Buffer.from(text, 'base64').toString('utf8')) : undefined;
  const words = wordsOf(body);
  if (status >= 200 && status <= 299 && status !== 202 && words === undefined) return { kind: 'accepted' };
  const headers = Object.fromEntries(listOf(field(item, 'headers')).map((entry) => [String(field(entry, 'name')).toLowerCase(), String(field(entry, 'value'))]));
  const request: RequestSummary = { source: client.source.name, stream: patch.stream, method: 'PATCH', url: pathOf(patch) };
  // Wrapped in base64 the words passed the port unseen.
  const said = words ?? textOf(field(item, 'error_message')) ?? textOf(field(item, 'status_text'));
  return itemOutcome(Number.isInteger(status) ? status : 500, said === undefined ? undefined : printable(said, client.redact), headers, { table: patch.table, request });
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** `undefined` for what is no JSON: its status speaks alone. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
