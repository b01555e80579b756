import type { SourceRole } from '../../../connectors/sdk/contract/index.js';
import { isA } from '../model/classes.js';
import { isLive, type SourceRecord } from '../model/source-record.js';
import type { Judged, RuleInput } from './rule-types.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** So long a machine may be gone, or terminated, before it counts as retired: a restore or a mistake shows within it. */
export const GONE_FOR = 24 * HOUR;
export const VIRTUAL_RETIRED_FOR = 30 * DAY;

export type BuiltInRule = (input: RuleInput) => Judged;

/** Roles whose live record is a sighting. What an ITSM or finance tool keeps says nothing about the machine. */
const SIGHTINGS: readonly SourceRole[] = ['cloud', 'hypervisor', 'discovery', 'agent'];

export const BUILT_IN_RULES: readonly BuiltInRule[] = [seenRunning, gone, retiredLong];

/**
 * Deployed and seen running: in use. Asked of the time spent in this stage: an asset that comes back from stock needs to run again, or
 * to be running still.
 */
function seenRunning({ records, fold: { stage, since } }: RuleInput): Judged {
  if (stage !== 'deployed') return {};
  const entered = since ?? Number.NEGATIVE_INFINITY;
  const seen = records.flatMap((record) => {
    const at = ranAt(record, entered);
    return at === undefined ? [] : [{ at, record }];
  });
  if (seen.length === 0) return {};
  const at = Math.min(...seen.map((one) => one.at));
  const anchor = smallestKey(seen.filter((one) => one.at === at).map(({ record }) => record));
  return { firing: { rule: 'built-in:seen-running', to: 'in_use', at, anchor, from: ['deployed'], because: 'seen running' } };
}

function ranAt(record: SourceRecord, entered: number): number | undefined {
  if (record.firstRunningAt !== undefined && record.firstRunningAt >= entered) return record.firstRunningAt;
  const power = record.claims.power_state;
  if (!isLive(record) || power?.value !== 'running') return undefined;
  const since = Math.max(power.changedAt ?? record.firstRunningAt ?? record.firstSeenAt, entered);
  return Number.isFinite(since) ? since : undefined;
}

/** All that a cloud or hypervisor had of it is gone or terminated for a day, and nothing sees it: retired. */
function gone({ records, fold: { stage }, asOf }: RuleInput): Judged {
  if (stage === 'retired' || stage === 'disposed') return {};
  const machines = records.filter(({ role }) => role === 'cloud' || role === 'hypervisor');
  if (machines.length === 0) return {};
  const ends = machines.map(endOf);
  if (!ends.every((end) => end !== undefined)) return {};
  const others = records.filter((record) => SIGHTINGS.includes(record.role) && !machines.includes(record));
  if (others.some(isLive)) return {};
  const at = Math.max(Math.max(...ends) + GONE_FOR, ...others.map((record) => record.tombstonedAt ?? record.lastSeenAt));
  if (at > asOf) return { dueAt: at };
  return { firing: { rule: 'built-in:gone', to: 'retired', at, anchor: smallestKey(machines), because: 'gone or terminated for 24 h, and no live record sees it' } };
}

/** When this record ceased to stand for a machine; undefined: it does stand for one. */
function endOf(record: SourceRecord): number | undefined {
  const power = record.claims.power_state;
  const terminated = power?.value === 'terminated' ? (record.terminatedAt ?? power.changedAt ?? record.lastSeenAt) : undefined;
  const tombstoned = isLive(record) ? undefined : (record.tombstonedAt ?? record.lastSeenAt);
  if (terminated === undefined || tombstoned === undefined) return terminated ?? tombstoned;
  return Math.min(terminated, tombstoned);
}

/** There is nothing of a virtual machine to shred: thirty days after it retired it is disposed. */
function retiredLong({ records, fold: { stage, since }, assetClass, classes, asOf }: RuleInput): Judged {
  if (stage !== 'retired' || records.length === 0) return {};
  if (!isA(assetClass, 'virtual_machine', classes) && !isA(assetClass, 'cloud_resource', classes)) return {};
  const at = (since ?? knownSince(records)) + VIRTUAL_RETIRED_FOR;
  if (at > asOf) return { dueAt: at };
  return { firing: { rule: 'built-in:virtual-retired', to: 'disposed', at, anchor: smallestKey(records), from: ['retired'], because: 'a virtual asset, retired for 30 days' } };
}

/** A baseline has no time: its stage has been known since the asset was first seen. */
export const knownSince = (records: readonly SourceRecord[]): number => Math.min(...records.map(({ firstSeenAt }) => firstSeenAt));

export function smallestKey(records: readonly SourceRecord[]): string {
  return records.reduce((least, { key }) => (key < least ? key : least), records[0]!.key);
}
