import type { Outcome } from './case.js';
import { spreadOf, type Spread } from './statistics.js';
import { atLeast, atMost, inWords, MEMORY, PHASES, RATE_WHEN_GROWN, SOME_OF_UNCHANGED, TARGETS, type DatabaseKind, type Phase, type Verdict } from './targets.js';
import { LIMITS, type LimitName } from './limits/rows.js';

/** Outcomes of the repeated runs of one case over `records` records. */
export interface Measurement {
  readonly database: DatabaseKind;
  readonly size: number;
  readonly case: LimitName | Phase;
  readonly records: number;
  readonly outcomes: readonly Outcome[];
}

export interface Line {
  readonly measurement: Measurement;
  readonly rate: Spread;
  /** CPU of the client, microseconds a record. */
  readonly cpuUs: number;
  readonly rssMb: number;
  readonly statements?: number;
}

export function lineOf(measurement: Measurement): Line {
  const { outcomes, records } = measurement;
  const statements = outcomes.at(-1)?.statements;
  return {
    measurement, rate: spreadOf(outcomes.map(({ ms }) => records / (ms / 1000))), cpuUs: spreadOf(outcomes.map(({ cpuMs }) => (cpuMs * 1000) / records)).median,
    rssMb: spreadOf(outcomes.map(({ rssMb }) => rssMb)).max, ...(statements !== undefined && { statements }),
  };
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const pad = (text: string, width: number): string => text.padEnd(width);
const left = (text: string, width: number): string => text.padStart(width);
const rateText = ({ median, min, max }: Spread): string => `${left(count(median), 7)} (${count(min)}-${count(max)})`;

/** The tables of one database and one size: the limit, then the product with its share of it. */
export function renderSize(lines: readonly Line[]): string {
  const [first] = lines;
  if (first === undefined) return '';
  const { database, size } = first.measurement;
  const out = [`${database === 'sqlite' ? 'SQLite (WAL, synchronous=FULL, slices of 200)' : 'MariaDB (commit flushed, batches of 500)'}, ${count(size)} records`, ''];
  out.push(`${pad('case', 14)}${pad('records/s: median (min-max)', 32)}${left('CPU us/rec', 11)}${left('peak RSS MB', 13)}${left('statements', 12)}   share of limit, target`);
  for (const line of lines) {
    const { measurement } = line;
    out.push(`${pad(measurement.case, 14)}${pad(rateText(line.rate), 32)}${left(line.cpuUs.toFixed(1), 11)}${left(line.rssMb.toFixed(0), 13)}${left(line.statements === undefined ? '' : count(line.statements), 12)}   ${shareText(line, lines)}`);
  }
  return out.join('\n');
}

function shareText(line: Line, lines: readonly Line[]): string {
  const { case: name, database } = line.measurement;
  const target = (TARGETS[database] as Record<string, (typeof TARGETS)['sqlite'][Phase]>)[name];
  const limit = target && lines.find(({ measurement }) => measurement.case === target.limit);
  if (!target || !limit) return '';
  const share = line.rate.median / limit.rate.median;
  return `${share.toFixed(2)} of ${target.limit}, excellent ${target.excellent} (${inWords(atLeast(share, target.excellent))}), floor ${target.floor} (${inWords(atLeast(share, target.floor))})`;
}

export interface Finding {
  readonly what: string;
  readonly value: string;
  readonly verdict: Verdict;
}

/** Everything beside the shares of the limits: own ratios, memory, growth. */
export function findingsOf(lines: readonly Line[]): Finding[] {
  const findings: Finding[] = [];
  const databases = [...new Set(lines.map(({ measurement }) => measurement.database))];
  for (const database of databases) {
    const own = lines.filter(({ measurement }) => measurement.database === database);
    const sizes = [...new Set(own.map(({ measurement }) => measurement.size))];
    const find = (size: number | undefined, name: Phase): Line | undefined => own.find(({ measurement }) => measurement.size === size && measurement.case === name);
    for (const size of sizes) {
      const [some, unchanged] = [find(size, '1 % changed'), find(size, 'unchanged')];
      if (some && unchanged) {
        const share = some.rate.median / unchanged.rate.median;
        findings.push({ what: `${database}, ${count(size)}: 1 % changed of own unchanged rate, at least ${SOME_OF_UNCHANGED[database]}`, value: share.toFixed(2), verdict: atLeast(share, SOME_OF_UNCHANGED[database]) });
      }
      const bar = size <= 10_000 ? MEMORY.small : MEMORY.large;
      const peak = Math.max(...PHASES.flatMap((phase) => find(size, phase)?.rssMb ?? []));
      if (Number.isFinite(peak)) findings.push({ what: `${database}, ${count(size)}: peak RSS, at most ${bar} MB`, value: `${peak.toFixed(0)} MB`, verdict: atMost(peak, bar) });
    }
    const [small, large] = [sizes[0], sizes.at(-1)];
    if (small === undefined || large === undefined || small === large) continue;
    for (const phase of PHASES) {
      const [before, after] = [find(small, phase), find(large, phase)];
      if (!before || !after) continue;
      const kept = after.rate.median / before.rate.median;
      findings.push({ what: `${database}: ${phase} at ${count(large)} keeps, of its rate at ${count(small)}, at least ${RATE_WHEN_GROWN}`, value: kept.toFixed(2), verdict: atLeast(kept, RATE_WHEN_GROWN) });
      const grown = after.rssMb - before.rssMb;
      findings.push({ what: `${database}: ${phase} grows from ${count(small)} to ${count(large)} by at most ${MEMORY.growth} MB RSS`, value: `${grown.toFixed(0)} MB`, verdict: atMost(grown, MEMORY.growth) });
    }
  }
  return findings;
}

export const renderFindings = (findings: readonly Finding[]): string => findings.map(({ what, value, verdict }) => `${what}: ${value} (${inWords(verdict)})`).join('\n');

export const isLimit = (name: string): name is LimitName => (LIMITS as readonly string[]).includes(name);
