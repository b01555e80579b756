import type { Fault, LoggedRequest, WriteRule, Written } from '../../connectors/sdk/sandbox/index.js';
import { heldDeadlines } from './deadlines.js';
import { KEEPS, type Desk, type PushBench } from './push-bench.js';

/** Where a fault is met: one machine at one desk. */
export interface Meeting { readonly bench: PushBench; readonly desk: Desk; readonly machine: string }

/** Sets a fault up right before the sitting that meets it; gives how it is over. */
export type Arrange = (meeting: Meeting) => Promise<() => void> | (() => void);

const HOUR = 3_600_000;
export const ASKED_MS = 30_000;
/** Longer than a request is waited for. */
export const LONG_MS = 3 * HOUR;

/** Halo tells the two by the ids of the elements, ServiceNow by the address. */
const isCreate = ({ method, purpose, path, body }: LoggedRequest): boolean => method === 'POST' && purpose === 'data' && (path.includes('/identifyreconcile/') || /^\[\{(?!"id":[1-9])/.test(body));
const isUpdate = (request: LoggedRequest): boolean => request.method !== 'GET' && request.purpose === 'data' && !isCreate(request);
export type Kind = 'update' | 'create';
const meets = (kind: Kind): NonNullable<Fault['match']> => ({ when: kind === 'create' ? isCreate : isUpdate });

const wire = (fault: Fault): Arrange => ({ bench, desk }) => bench.sandbox(desk).faults.inject(fault).remove;
export const lostAnswer = (kind: Kind): Arrange => wire({ kind: 'reset_before_headers', times: 1, match: meets(kind) });
export const status = (kind: Kind, code: number): Arrange => wire({ kind: 'server_error', status: code, times: 1, match: meets(kind) });
export const throttled = (kind: Kind, ms: number): Arrange => wire({ kind: 'throttled_seconds', ms, times: 1, match: meets(kind) });

/** What was just made is not given by its id the first time. */
export const hiddenAtFirst: Arrange = wire({ kind: 'server_error', status: 404, times: 1, match: { method: 'GET', purpose: 'any', path: /^\/api\/Asset\/\d+$/i } });

/** The desk has applied it, and answers when nobody waits any more. */
export const lateAnswer = (kind: Kind): Arrange => ({ bench, desk }) => {
  const deadlines = heldDeadlines();
  const before = bench.journal(desk).length;
  const passOnceApplied = (): void => {
    if (bench.journal(desk).length > before) deadlines.pass();
    else setImmediate(passOnceApplied);
  };
  const fault = bench.sandbox(desk).faults.inject({ kind: 'hang_before_headers', times: 1, match: { when: (request) => (meets(kind).when as (request: LoggedRequest) => boolean)(request) && (setImmediate(passOnceApplied), true) } });
  return () => { fault.remove(); deadlines.restore(); };
};

/** A rule of the desk; of a new record, which has no id yet, by what is given. */
type Habit = WriteRule extends infer Rule ? (Rule extends WriteRule ? Omit<Rule, 'match'> : never) : never;
export const habit = (kind: Kind, of: (desk: Desk) => Habit): Arrange => async ({ bench, desk, machine }) => {
  const match = kind === 'update' ? { externalId: await bench.idOf(desk, machine) } : { when: (_before: object, given: Readonly<Record<string, unknown>>) => given[KEEPS[desk].name] === machine };
  return bench.writes(desk).inject({ ...of(desk), match: { stream: KEEPS[desk].stream, ...match } } as WriteRule).remove;
};
export const refuses = (words: string, times?: number): Arrange => habit('update', () => ({ kind: 'refuse', words, ...(times !== undefined && { times }) }));
export const readOnly = (kind: Kind): Arrange => habit(kind, (desk) => ({ kind: 'read_only', fields: [KEEPS[desk].version] }));
export const normalises = (kind: Kind): Arrange => habit(kind, () => ({ kind: 'normalise' }));
/** So many writes pass, the rest of the sitting is asked to wait. */
export const throttlesBehind = (after: number, times: number): Arrange => ({ bench, desk }) => bench.writes(desk).inject({ kind: 'throttle', ms: ASKED_MS, after, times }).remove;

export const switched = (switches: Readonly<Record<string, unknown>>, then: Arrange = () => () => undefined): Arrange => async (meeting) => {
  const own = meeting.bench.sandbox(meeting.desk).switches;
  const before = Object.fromEntries(Object.keys(switches).map((name) => [name, own[name]]));
  Object.assign(own, switches);
  const over = await then(meeting);
  return () => { over(); Object.assign(own, before); };
};

/** Somebody works at the desk in the midst of the sitting: after the product has read, and before it writes. */
export const meanwhile = (work: (meeting: Meeting, id: string) => void): Arrange => async (meeting) => {
  const { bench, desk, machine } = meeting;
  const id = await bench.idOf(desk, machine);
  bench.onPlace = (place) => {
    if (place !== 'after outbox commit before send') return;
    bench.onPlace = () => undefined;
    work(meeting, id);
  };
  return () => { bench.onPlace = () => undefined; };
};
export const edits = (field: 'version' | 'system', value: string): Arrange => meanwhile(({ bench, desk }, id) => bench.sandbox(desk).edit.update(KEEPS[desk].stream, id, { [KEEPS[desk][field]]: value }));
export const removes: Arrange = meanwhile(({ bench, desk }, id) => bench.sandbox(desk).edit.remove(KEEPS[desk].stream, id));
export const removed: Arrange = async ({ bench, desk, machine }) => {
  bench.sandbox(desk).edit.remove(KEEPS[desk].stream, await bench.idOf(desk, machine));
  return () => undefined;
};

/**
 * The oracle, read off what the desk itself wrote down. `doubles`: records made beyond one for a name. `lost`: somebody's value that was overwritten.
 * `repeats`: writes of what the write before had brought already.
 */
export function judge(journal: readonly Written[], desk: Desk): { readonly doubles: number; readonly lost: number; readonly repeats: number } {
  const own = journal.filter(({ stream }) => stream === KEEPS[desk].stream);
  const made = own.filter(({ kind, by }) => kind === 'create' && by === 'api').map(({ after }) => String(after[KEEPS[desk].name]).toLowerCase());
  const ids = [...new Set(own.map(({ externalId }) => externalId))];
  let [lost, repeats] = [0, 0];
  for (const id of ids) {
    const theirs = new Set<string>();
    let told = false;
    for (const { by, changed, kind } of own.filter(({ externalId }) => externalId === id)) {
      if (by === 'person') for (const name of changed) theirs.add(name);
      if (by !== 'api') continue;
      lost += changed.filter((name) => kind === 'update' && theirs.has(name)).length;
      if (told && changed.length === 0) repeats++;
      told = true;
    }
  }
  return { doubles: made.length - new Set(made).size, lost, repeats };
}
