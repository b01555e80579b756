import { readFileSync } from 'node:fs';
import { startBench } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { manifest } from './manifest.js';
import { sandbox } from './sandbox/index.js';
import { streams } from './streams/index.js';

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const CHUNKED: Readonly<Record<string, number>> = { computers: 2, network: 2, vms: 4 };

/** Calls of a full scan beside names of references: pages, the end (two where the last page is exactly full), the count, the joins. */
function callsOf(stream: string, rows: number, pageSize: number): number {
  const pages = Math.ceil(rows / pageSize);
  const end = rows % pageSize === 0 ? 2 : pages === 1 ? 0 : 1;
  const sizes = Array.from({ length: pages }, (_, page) => Math.min(pageSize, rows - page * pageSize));
  const chunks = sizes.reduce((sum, size) => sum + Math.ceil(size / 100), 0);
  return pages + end + 1 + chunks * (CHUNKED[stream] ?? 0) + (stream === 'software' ? 1 : 0);
}

describe('the cost that the README names', () => {
  it.each(streams.map((stream) => [stream.name]))('for %s is that of the formula', (name) => {
    const row = new RegExp(`^\\| \`${name}\` \\| (\\d+) \\|$`, 'm').exec(readme);
    expect(Number(row?.[1])).toBe(callsOf(name, 10_000, 1_000));
  });

  it('is what the sandbox counts', async () => {
    const bench = await startBench(connector, { sandbox: sandbox.start, fleetSize: 150 });
    const names = new Set(['cmdb_model', 'core_company', 'sys_user', 'cmn_location', 'cmn_department']);
    await bench.pass(streams[0]!, { mode: 'full' }); // a token, and the names
    for (const pageSize of [1_000, 20]) {
      for (const stream of streams) {
        bench.sandbox.clearRequests();
        const pass = await bench.pass(stream, { mode: 'full', pageSize });
        const own = stream.spec.table;
        const asked = bench.sandbox.requests().filter((request) => { const table = request.path.split('/').at(-1)!; return !names.has(table) || table === own; });
        const formula = callsOf(stream.name, pass.records.length, pageSize);
        // pages without a VMware row spare that join; software asks once which table there is
        const spared = stream.name === 'vms' ? Math.ceil(pass.records.length / Math.min(pageSize, 100)) : stream.name === 'software' ? 1 : 0;
        expect({ stream: stream.name, pageSize, atMost: asked.length <= formula, atLeast: asked.length >= formula - spared }).toEqual({ stream: stream.name, pageSize, atMost: true, atLeast: true });
      }
    }
    await bench.close();
  });

  it('of an increment without changes is 3 calls a stream', async () => {
    const bench = await startBench(connector, { sandbox: sandbox.start, fleetSize: 40 });
    for (const stream of streams) {
      const full = await bench.pass(stream, { mode: 'full' });
      await bench.clock.sleep(600_000);
      const first = await bench.pass(stream, { mode: 'incremental', cursor: full.cursor! }); // the class tree, once an hour
      bench.sandbox.clearRequests();
      await bench.clock.sleep(300_000);
      await bench.pass(stream, { mode: 'incremental', cursor: first.cursor! });
      expect({ stream: stream.name, calls: bench.sandbox.requests().filter((request) => request.purpose !== 'auth').length }).toEqual({ stream: stream.name, calls: stream.spec.audited ? 3 : 2 });
    }
    await bench.close();
  });
});

describe('the README', () => {
  it('has the headings of every connector, in their order', () => {
    expect([...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting']);
  });

  it('names each stream, method, option and known gap', () => {
    for (const word of [...manifest.streams.map((s) => s.name), ...manifest.auth.flatMap((a) => [a.method, ...a.keys]), 'deletes', 'relationshipKinds', 'dataSource']) expect(readme).toContain(`\`${word}\``);
  });
});
