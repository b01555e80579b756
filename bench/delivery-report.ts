import { LATENCY_MS, WAYS, type AlignmentMeasurement, type PushMeasurement } from './delivery.js';
import { PART_MS, SHAPES } from './desk.js';
import { atLeast, atMost, BUDGET_USED, inWords, MEMORY, type DatabaseKind } from './targets.js';

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const left = (text: string, width: number): string => text.padStart(width);
const NAMES: Readonly<Record<DatabaseKind, string>> = { sqlite: 'SQLite', mysql: 'MariaDB' };

/** What push made of each budget. */
export function renderPush(database: DatabaseKind, measurements: readonly PushMeasurement[]): string {
  const out = [`${NAMES[database]}, push to a target that takes ${LATENCY_MS.join(' to ')} ms a call; budget kept in parts of ${PART_MS / 1000} s; at least ${BUDGET_USED} of it is to be used`, ''];
  out.push(`${'calls of'.padEnd(22)}${['budget/s', 'assets', 'done', 'calls/s', 'in flight', 'idle', 'ms/call', 'refused', 'CPU us/asset', 'peak RSS MB'].map((name) => left(name, name.length + 3)).join('')}   share of budget`);
  for (const { shape, requestsPerSecond, assets, used, refused, outcome } of measurements) {
    const { read, write } = SHAPES[shape];
    const done = outcome.delivered?.verified ?? 0;
    const cells = [requestsPerSecond, count(assets), count(done), (used.calls / (used.ms / 1000)).toFixed(1), used.inFlight.toFixed(1), used.idle.toFixed(2), used.latencyMs.toFixed(0), refused, count((outcome.cpuMs * 1000) / Math.max(1, done)), outcome.rssMb.toFixed(0)].map(String);
    const widths = [11, 9, 7, 10, 12, 7, 10, 10, 15, 14];
    const verdict = used.windows === 0 ? 'too short for one part of the budget' : `${used.share.toFixed(3)} (${inWords(atLeast(used.share, BUDGET_USED))})`;
    out.push(`${`${shape} (${read} read, ${write} written)`.padEnd(22)}${cells.map((cell, i) => left(cell, widths[i] as number)).join('')}   ${verdict}`);
  }
  return out.join('\n');
}

/** What an alignment costs, and whether its memory grows with it. */
export function renderAlignment(database: DatabaseKind, measurements: readonly AlignmentMeasurement[]): string {
  const out = [`${NAMES[database]}, alignment: a target holds every asset, each in another stage`, '', `${'target'.padEnd(14)}${left('assets', 9)}${left('s', 9)}${left('assets/s', 11)}${left('CPU us/asset', 15)}${left('statements', 13)}${left('peak RSS MB', 14)}`];
  for (const { way, assets, outcome } of measurements) {
    out.push(`${way.padEnd(14)}${left(count(assets), 9)}${left((outcome.ms / 1000).toFixed(1), 9)}${left(count(assets / (outcome.ms / 1000)), 11)}${left(count((outcome.cpuMs * 1000) / assets), 15)}${left(count(outcome.statements ?? 0), 13)}${left(outcome.rssMb.toFixed(0), 14)}`);
  }
  out.push('');
  for (const way of WAYS) {
    const own = measurements.filter((each) => each.way === way);
    for (const { assets, outcome } of own) {
      const bar = assets <= 10_000 ? MEMORY.small : MEMORY.large;
      out.push(`${database}, alignment, ${way}, ${count(assets)}: peak RSS, at most ${bar} MB: ${outcome.rssMb.toFixed(0)} MB (${inWords(atMost(outcome.rssMb, bar))})`);
    }
    const [small, large] = [own[0], own.at(-1)];
    if (!small || !large || small === large) continue;
    const grown = large.outcome.rssMb - small.outcome.rssMb;
    out.push(`${database}, alignment, ${way}: grows from ${count(small.assets)} to ${count(large.assets)} by at most ${MEMORY.growth} MB RSS: ${grown.toFixed(0)} MB (${inWords(atMost(grown, MEMORY.growth))})`);
  }
  return out.join('\n');
}
