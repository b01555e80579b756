import { readFileSync } from 'node:fs';
import { startBench, type Bench, type BenchOptions } from '../sdk/conformance/index.js';
import { LIFECYCLE_STAGES } from '../sdk/contract/index.js';
import { connector } from './index.js';
import { manifest } from './manifest.js';
import { WRITABLE } from './push/columns.js';
import { sandbox } from './sandbox/index.js';
import type { HaloClient } from './session.js';
import { stagesOf } from './stages.js';
import { streams } from './streams/index.js';
import type { AssetRaw } from './types.js';

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');

/** Calls of a walk: one for what fits on a page; else the first page twice, and one more where the last page is exactly full. */
const walkOf = (rows: number, pageSize: number): number => (rows < pageSize ? 1 : Math.ceil(rows / pageSize) + 1 + (rows % pageSize === 0 ? 1 : 0));

/** Calls of a full scan beside the token and the people: two to begin with, types and statuses, the walks, the details. `sizes`: rows by type. */
function callsOf(stream: string, sizes: readonly number[], pageSize = 100): number {
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  switch (stream) {
    case 'assets': return 2 + 1 + 1 + sizes.reduce((sum, size) => sum + walkOf(size, pageSize), 0);
    case 'relationships': return 2 + 1 + walkOf(rows, 100) + rows;
    default: return walkOf(rows, pageSize);
  }
}

const open: Bench[] = [];
const benchOf = async (options: Omit<BenchOptions, 'sandbox'>): Promise<Bench> => {
  const started = await startBench(connector, { sandbox: sandbox.start, ...options });
  open.push(started);
  return started;
};
afterEach(async () => { for (const started of open.splice(0)) await started.close(); });

describe('the cost that the README names', () => {
  it.each(streams.map((stream) => [stream.name]))('for %s is that of the formula', (name) => {
    const row = new RegExp(`^\\| \`${name}\` \\| (\\d+) \\|$`, 'm').exec(readme);
    expect(Number(row?.[1])).toBe(callsOf(name, [10_000]));
  });

  it.each(streams.map((stream) => [stream.name, stream] as const))('for %s is what the sandbox counts', async (name, stream) => {
    for (const pageSize of [100, 10]) {
      const bench = await benchOf({ fleetSize: 220 });
      const own = bench.sandbox.edit.ids('assets').map((id) => Number(bench.sandbox.edit.read('assets', id)?.['assettype_id']));
      // of the types, one has no assets
      const sizes = name === 'assets' || name === 'relationships' ? [11, 12, 13, 14, 15, 16].map((type) => own.filter((each) => each === type).length) : [bench.sandbox.edit.ids(name).length];
      await bench.pass(stream, { mode: 'full', pageSize });
      const asked = bench.sandbox.requests().filter((request) => request.purpose !== 'auth' && (name === 'users' || !request.path.startsWith('/api/Users')));
      expect({ pageSize, calls: asked.length }).toEqual({ pageSize, calls: callsOf(name, sizes, pageSize) });
    }
  });

  it.each([['assets'], ['relationships']])('of an increment of %s without changes is 3 calls', async (name) => {
    const bench = await benchOf({ fleetSize: 40, vendor: { updatedFilter: 'obeyed' } });
    const stream = streams.find((each) => each.name === name)!;
    const full = await bench.pass(stream, { mode: 'full' });
    await bench.clock.sleep(600_000);
    bench.sandbox.clearRequests();
    await bench.pass(stream, { mode: 'incremental', cursor: full.cursor! });
    expect(bench.sandbox.requests().filter((request) => request.purpose !== 'auth').length).toBe(3);
  });
});

describe('the cost of writing that the README names', () => {
  it('is 2 calls each to read, write and read back up to 20 assets of one type, and 3 more for each further type', async () => {
    const [, most, read, write, back, more] = /push of up to (\d+) assets of one type costs (\d+) calls to read them, (\d+) to write them and (\d+) to read them back; each further type (\d+) more/.exec(readme)!.map(Number);
    const push = streams.find((stream) => stream.name === 'assets')!.push!;
    expect(most).toBe(push.batch);
    for (const types of [[11], [11, 12]]) {
      const bench = await benchOf({ fleetSize: 40 });
      const ids = Array.from({ length: push.batch }, (_, nth) => bench.sandbox.edit.insert('assets', { assettype_id: types[nth % types.length] }));
      const fetched = async () => await push.fetchMany!(bench.client as HaloClient, ids);
      const writes = async () => [...await fetched()].map(([externalId, one]) => ({ externalId, current: (one as { raw: AssetRaw }).raw, fields: [], stage: { stage: 'retired' as const, codes: push.codesFor!('retired', {})! } }));
      // types, statuses and people are read once a run
      await push.write(bench.client as HaloClient, await writes());
      const due = await writes();
      const callsFor = async (work: () => Promise<unknown>): Promise<number> => { bench.sandbox.clearRequests(); await work(); return bench.sandbox.requests().length; };
      const extra = types.length - 1;
      const calls = [await callsFor(fetched), await callsFor(async () => await push.write(bench.client as HaloClient, due)), await callsFor(fetched)];
      expect(calls).toEqual([read! + extra, write! + extra, back! + extra]);
      expect(more).toBe(3);
    }
  });
});

describe('the README', () => {
  it('has the headings of every connector, in their order', () => {
    expect([...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting']);
  });

  it('names each stream, method and right', () => {
    for (const word of [...manifest.streams.map((s) => s.name), ...manifest.auth.flatMap((a) => [a.method, 'tenant']), 'read:assets', 'read:customers', 'read:suppliers', 'edit:assets', ...WRITABLE]) expect(readme).toContain(`\`${word}\``);
  });

  it('names the status and the flag that are written for each stage', () => {
    const written = [...readme.slice(readme.indexOf('| stage | status written')).matchAll(/^\| (\w+) \| ([A-Z][\w ]+) \| (yes|no) \|$/gm)].map(([, stage, status, inactive]) => [stage, { status, inactive: String(inactive === 'yes') }]);
    expect(written).toEqual(LIFECYCLE_STAGES.map((stage) => [stage, stagesOf({}).write(stage)]));
  });
});
