import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createTestDatabase, startMariadb, type MariadbServer } from '../test/support/mariadb.js';
import type { Outcome } from './case.js';
import { inFreshProcess, SimulatorProcess } from './children.js';
import { listed, machines, START, type Epoch } from './fleet.js';
import { LIMITS } from './limits/rows.js';
import { measureAlignment, measurePush, type Fresh } from './delivery.js';
import { renderAlignment, renderPush } from './delivery-report.js';
import { parseOptions, USAGE, UsageError, type BenchOptions } from './options.js';
import { findingsOf, lineOf, renderFindings, renderSize, type Line, type Measurement } from './report.js';
import { PHASES, type DatabaseKind, type Phase } from './targets.js';

export async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
  const simulator = new SimulatorProcess();
  let server: MariadbServer | undefined;
  const lines: Line[] = [];
  try {
    // As the limits are measured: all that is written fits into the pool, and the log never waits.
    if (options.databases.includes('mysql')) server = await startMariadb(['--innodb-buffer-pool-size=1G', '--innodb-log-file-size=512M']);
    for (const database of options.databases) {
      for (const size of options.parts.includes('sync') ? options.records : []) {
        const own: Line[] = [];
        for (const measurement of await measure(database, size, options, simulator, () => fresh(database, folder, server))) own.push(lineOf(measurement));
        lines.push(...own);
        console.log(`\n${renderSize(own)}`);
      }
      if (options.parts.includes('push')) console.log(`\n${renderPush(database, await measurePush(database, options, simulator, () => fresh(database, folder, server)))}`);
      if (options.parts.includes('alignment')) console.log(`\n${renderAlignment(database, await measureAlignment(database, options, simulator, () => fresh(database, folder, server)))}`);
    }
  } finally {
    await simulator.stop();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const findings = renderFindings(findingsOf(lines));
  if (findings !== '') console.log(`\n${findings}`);
  console.log(`\nload average at the end ${loadavg().map((value) => value.toFixed(1)).join(' ')}`);
  return 0;
}

let made = 0;
async function fresh(database: DatabaseKind, folder: string, server: MariadbServer | undefined): Promise<Fresh> {
  if (database === 'mysql') return createTestDatabase((server as MariadbServer).url);
  const own = join(folder, `database-${++made}`);
  mkdirSync(own);
  return { url: `sqlite:${join(own, 'bench.db')}`, drop: async () => rmSync(own, { recursive: true, force: true }) };
}

async function measure(database: DatabaseKind, size: number, options: BenchOptions, simulator: SimulatorProcess, newDatabase: () => Promise<Fresh>): Promise<Measurement[]> {
  const runs = options.runsOf(size);
  const outcomes = new Map<Measurement['case'], Outcome[]>();
  const records = new Map<Measurement['case'], number>();
  const note = (name: Measurement['case'], count: number, outcome: Outcome): void => {
    outcomes.set(name, [...(outcomes.get(name) ?? []), outcome]);
    records.set(name, count);
    process.stderr.write(`${database} ${size} ${name}: ${Math.round(count / (outcome.ms / 1000))} records/s\n`);
  };
  for (let run = 0; run < runs; run++) {
    if (options.limits) {
      for (const name of LIMITS) {
        const { url, drop } = await newDatabase();
        note(name, listed(size), await inFreshProcess({ kind: 'limit', name, records: listed(size), url }));
        await drop();
      }
    }
    const { url, drop } = await newDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-config-'));
    const epochs: Record<Phase, Epoch> = { 'first load': START, unchanged: START, '1 % changed': { all: 0, some: 1 }, 'all changed': { all: 1, some: 1 }, rebuild: { all: 1, some: 1 } };
    for (const phase of PHASES) {
      const address = await simulator.become({ records: size, pageSize: options.pageSize, epoch: epochs[phase] });
      const job = { kind: phase === 'rebuild' ? 'rebuild' : 'sync', url, folder, simulator: address } as const;
      const profile = options.profile === undefined ? undefined : { folder: resolve(options.profile), name: `${database}-${size}-${phase.replace(/\W+/g, '-')}-${run + 1}` };
      const outcome = await inFreshProcess(job, profile ? { profile } : {});
      checkCounts(phase, size, outcome);
      note(phase, size, outcome);
    }
    rmSync(folder, { recursive: true, force: true });
    await drop();
  }
  return [...outcomes].map(([name, list]) => ({ database, size, case: name, records: records.get(name) as number, outcomes: list }));
}

/** A rate means nothing if the work was not done. */
function checkCounts(phase: Phase, size: number, { counts }: Outcome): void {
  if (!counts) throw new Error(`${phase}: nothing was counted`);
  const read = listed(size) * 2;
  const expected: Record<Phase, Partial<typeof counts>> = {
    'first load': { read, changed: read, created: machines(size), reviews: 0 }, unchanged: { read, unchanged: read, created: 0, reviews: 0 },
    '1 % changed': { read, created: 0, reviews: 0 }, 'all changed': { read, changed: read, created: 0, reviews: 0 }, rebuild: {},
  };
  for (const [name, value] of Object.entries(expected[phase])) {
    if (counts[name as keyof typeof counts] !== value) throw new Error(`${phase}: ${name} is ${counts[name as keyof typeof counts]}, should be ${value}`);
  }
}
