import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AssetRecord } from '../../../connectors/sdk/contract/index.js';
import type { Database } from '../../../src/database/database.js';
import { RebuildService } from '../../../src/plan/rebuild.service.js';
import { LabClock } from '../lab.js';
import { complaintsOf, countsOf } from '../model-checks.js';
import { WorldFolder } from './world-folder.js';
import { openWorld } from './world-lab.js';
import { makeWorld, presentRows, randomOf, WORLD_SOURCES, type RawRecord, type World } from './world.js';

/**
 * One turn of `test/soak/jobs/endurance.mjs` in a process of its own: `node endurance.js <folder> <seed> <assets> <until, ms> <rounds>`. Syncs a world of which one
 * record in a hundred changes from round to round, on one engine, and says of each round what the process holds. The folder keeps where it stands.
 */
const [folder, seed, assets, until, rounds] = [process.argv[2]!, ...process.argv.slice(3).map(Number)] as [string, number, number, number, number];
const MINUTE = 60_000;
const [place, file] = [join(folder, 'round.json'), `sqlite:${join(folder, 'lockstep.db')}`];

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** The records of one round in a hundred, as their source last changed them. */
function changed(world: World, round: number): World {
  const random = randomOf(seed + round);
  const change = (row: RawRecord): RawRecord => {
    if (row.gone !== undefined || row.record?.kind !== 'asset' || random() >= 0.01) return row;
    const record: AssetRecord = { ...row.record, modifiedAt: (row.record.modifiedAt ?? 0) + MINUTE, claims: { ...row.record.claims, description: `round ${round}` } };
    return { ...row, epoch: round, record };
  };
  const sources = Object.fromEntries(Object.entries(world.sources).map(([name, streams]) => [name, { ...streams, assets: (streams['assets'] ?? []).map(change) }]));
  return { ...world, epoch: round, sources };
}

function held(): { readonly rss: number; readonly heap: number; readonly files: number } {
  gc();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20, files: readdirSync('/proc/self/fd').length };
}

/** What each source lists stands there as it says it, and nothing else. */
async function untrue(database: Database, world: World): Promise<string[]> {
  const rows = await database.read((tx) => tx.query(`SELECT st.source AS source, h.external_id AS id, b.body AS body FROM record_heads h JOIN streams st ON st.id = h.stream_id JOIN record_bodies b ON b.record_id = h.id WHERE h.kind = 'asset' AND h.state = 'live' AND st.name = 'assets'`));
  const said = new Map(rows.map((row) => [`${row['source']}/${row['id']}`, (JSON.parse(row['body'] as string) as { a: Record<string, readonly unknown[]> }).a['description']?.[0]]));
  const listed = Object.keys(WORLD_SOURCES).flatMap((source) => presentRows(world, source, 'assets').filter((row) => row.record).map((row) => [`${source}/${row.id}`, (row.record as AssetRecord).claims['description']] as const));
  const wrong = listed.filter(([key, description]) => !said.has(key) || said.get(key) !== description).map(([key, description]) => `${key} says ${String(said.get(key))} instead of ${String(description)}`);
  return [...wrong.slice(0, 10), ...(said.size === listed.length ? [] : [`${said.size} records stand there, ${listed.length} are listed`])];
}

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const worldFolder = new WorldFolder({ seed: 1, assets: 1 }, file);
let [world, round] = [makeWorld(seed, assets, 0, 500), 0];
try {
  round = (JSON.parse(readFileSync(place, 'utf8')) as { round: number }).round;
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
for (let past = 1; past <= round; past++) world = changed(world, past);
const clock = new LabClock(Date.UTC(2026, 10, 1) + round * MINUTE);
const lab = await openWorld(worldFolder, { clock, world: () => world });
try {
  const sync = async (): Promise<void> => {
    const bad = (await lab.sync()).runs.filter((run) => run.status !== 'succeeded');
    if (bad.length > 0) throw new Error(`round ${round}: ${JSON.stringify(bad)}`);
  };
  if (round === 0) await sync();
  const last = round + rounds;
  do {
    world = changed(world, ++round);
    clock.advance(MINUTE);
    await sync();
    writeFileSync(place, JSON.stringify({ round }));
    say({ round, ...held() });
  } while (Date.now() < until && round < last);

  const before = await countsOf(lab.engine.database);
  await sync();
  const after = await countsOf(lab.engine.database);
  const { differences } = await new RebuildService(lab.engine).verify();
  say({ complaints: [
    ...(await untrue(lab.engine.database, world)), ...(await complaintsOf(lab.engine.database)), ...differences.slice(0, 10).map((difference) => `a rebuild differs: ${JSON.stringify(difference)}`),
    ...Object.keys(before).flatMap((table) => (before[table] === after[table] ? [] : [`a sync with nothing new made ${table} ${after[table]} rows of ${before[table]}`])),
  ] });
} finally {
  await lab.close();
  worldFolder.remove();
}
