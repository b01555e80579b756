import type { LifecycleStage, SourceRole } from '../../../connectors/sdk/contract/index.js';
import { isLive, type SourceRecord } from '../model/source-record.js';

export type ContradictionKind = 'retired_but_seen' | 'disposed_but_running' | 'in_use_but_silent';

/** A stage that what is observed speaks against. Reported, never mended by itself. */
export interface Contradiction {
  readonly kind: ContradictionKind;
  /** What was observed last, ms UTC. */
  readonly at: number;
  /** The records that speak against the stage; of silence those that have fallen silent. */
  readonly records: readonly string[];
  readonly because: string;
}

/** Roles whose records are sightings. What an ITSM or finance tool keeps says nothing about the machine. */
const OBSERVERS: readonly SourceRole[] = ['cloud', 'hypervisor', 'discovery', 'agent'];

export interface ObservedAsset {
  readonly stage: LifecycleStage;
  /** ms UTC; null: a baseline, whose time nobody knows. */
  readonly since: number | null;
  readonly records: readonly SourceRecord[];
}

/** `silentAfterMs`: so long an asset in use may go unseen by those that used to see it. */
export function contradictionsOf({ stage, since, records }: ObservedAsset, asOf: number, silentAfterMs: number): readonly Contradiction[] {
  const observers = records.filter(({ role }) => OBSERVERS.includes(role));
  if (stage === 'retired' || stage === 'disposed') {
    const seen = observers.filter((record) => isLive(record) && record.state === 'live' && powerOf(record) !== 'terminated' && record.lastSeenAt > (since ?? Number.NEGATIVE_INFINITY));
    if (seen.length === 0) return [];
    const running = seen.filter((record) => powerOf(record) === 'running');
    if (running.length > 0) return [of('disposed_but_running', running, `${stage}, and running by ${sourcesOf(running)}`)];
    return [of('retired_but_seen', seen, `${stage}, and still seen by ${sourcesOf(seen)}`)];
  }
  if (stage !== 'in_use' || observers.length === 0) return [];
  const last = Math.max(...observers.map(({ lastSeenAt }) => lastSeenAt));
  return observers.some((record) => record.state === 'live' && asOf - record.confirmedAt <= silentAfterMs) || asOf - last <= silentAfterMs ? [] : [of('in_use_but_silent', observers, `in use, and not seen any more by ${sourcesOf(observers)}`)];
}

const powerOf = (record: SourceRecord): unknown => record.claims['power_state']?.value;
const sourcesOf = (records: readonly SourceRecord[]): string => [...new Set(records.map(({ source }) => source))].sort().join(', ');
const of = (kind: ContradictionKind, records: readonly SourceRecord[], because: string): Contradiction => ({ kind, because, at: Math.max(...records.map(({ lastSeenAt }) => lastSeenAt)), records: records.map(({ key }) => key).sort() });
