import { readFileSync } from 'node:fs';
import { startBench } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { manifest } from './manifest.js';
import type { StreamPush } from '../sdk/contract/index.js';
import type { ServiceNowClient } from './session.js';
import type { CiRaw } from './types.js';
import { sandbox } from './sandbox/index.js';
import { assetStages, ciStages } from './stages.js';
import { streams } from './streams/index.js';

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const CHUNKED: Readonly<Record<string, number>> = { computers: 2, network: 2, vms: 4 };

/** Those that are written. */
const written = streams.flatMap((stream) => ('push' in stream && stream.push !== undefined ? [{ name: stream.name, push: stream.push as StreamPush<ServiceNowClient, CiRaw> }] : []));

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

describe('the cost of writing that the README names', () => {
  it.each(written.map(({ name, push }) => [name, push] as const))('for %s is what the sandbox counts', async (name, push) => {
    const row = new RegExp(`^\\| \`${name}\` \\| (\\d+) \\| (\\d+) \\| (\\d+) \\|$`, 'm').exec(readme)!;
    const bench = await startBench(connector, { sandbox: sandbox.start, fleetSize: 20 });
    const ids = Array.from({ length: 2 * push.batch }, () => bench.sandbox.edit.insert(name));
    await push.fetchMany!(bench.client as ServiceNowClient, ids.slice(0, 1)); // a token, and the names
    const counts = { before: 0, writing: 0, after: 0 };
    const count = async <T>(phase: keyof typeof counts, run: () => Promise<T>): Promise<T> => {
      bench.sandbox.clearRequests();
      const result = await run();
      counts[phase] += bench.sandbox.requests().length;
      return result;
    };
    for (const some of [ids.slice(0, push.batch), ids.slice(push.batch)]) {
      const found = await count('before', () => push.fetchMany!(bench.client as ServiceNowClient, some));
      const writes = some.map((externalId) => {
        const one = found.get(externalId);
        return { externalId, current: one?.kind === 'found' ? one.raw : {}, fields: [], stage: { stage: 'retired' as const, codes: push.codesFor!('retired', {})! } };
      });
      expect(new Set((await count('writing', () => push.write(bench.client as ServiceNowClient, writes))).map((outcome) => outcome.kind))).toEqual(new Set(['accepted']));
      await count('after', () => push.fetchMany!(bench.client as ServiceNowClient, some));
    }
    // none of these is a VMware instance: that join is spared
    expect([counts.before, counts.writing, counts.after].map((calls) => calls * (1_000 / ids.length))).toEqual([row[1], row[2], row[3]].map((cell, at) => Number(cell) - (name === 'vms' && at !== 1 ? 20 : 0)));
    await bench.close();
  });

  it('of one record is 2 calls, of a new one 2 beside the search', async () => {
    const bench = await startBench(connector, { sandbox: sandbox.start, fleetSize: 20, source: { options: { dataSource: 'Lockstep' } } });
    const { push } = written[0]!;
    const id = bench.sandbox.edit.insert('computers');
    const found = (await push.fetchMany!(bench.client as ServiceNowClient, [id])).get(id);
    const wanted = { assetId: 'a-1', assetClass: 'server', reference: 'correlation_id', attributes: { name: 'n', serial_number: 'S-1' }, identifiers: [{ kind: 'serial' as const, value: 'S-1' }, { kind: 'bios_uuid' as const, value: '4c4c4544-0042-3510-8052-b4c04f4a3232' }] };
    const count = async (run: () => Promise<unknown>): Promise<number> => {
      bench.sandbox.clearRequests();
      await run();
      return bench.sandbox.requests().length;
    };
    expect(await count(() => push.write(bench.client as ServiceNowClient, [{ externalId: id, current: (found as { raw: CiRaw }).raw, fields: [{ attribute: 'os_version', value: '1' }] }]))).toBe(2);
    expect(await count(() => push.create!.search(bench.client as ServiceNowClient, wanted))).toBeLessThanOrEqual(4);
    expect(await count(() => push.create!.create(bench.client as ServiceNowClient, wanted))).toBe(2);
    expect(await count(() => push.create!.search(bench.client as ServiceNowClient, wanted))).toBeLessThanOrEqual(4);
    await bench.close();
  });
});

describe('the README', () => {
  it('names each attribute that is written, and the codes of each stage', () => {
    const rowOf = (name: string): string => /## Writes[^]*/.exec(readme)![0].split('\n').find((line) => line.startsWith(`| \`${name}\` | `))!;
    for (const { name, push } of written) {
      const told = `${rowOf(name)} ${name === 'vms' ? rowOf('network') : ''}`;
      for (const attribute of push.attributes) expect({ name, attribute, told: told.includes(`\`${attribute}\``) }).toEqual({ name, attribute, told: true });
    }
    for (const [stage, codes] of ['requested', 'acquired', 'deployed', 'in_use', 'maintenance', 'retired', 'disposed'].map((one) => [one, assetStages.write(one as 'retired')!] as const)) {
      const second = codes['substatus'] === '' ? 'empty' : `\`${codes['substatus']}\``;
      const item = ciStages.write(stage as 'retired')!;
      expect(readme).toContain(`| ${stage} | \`${codes['install_status']}\` / ${second} | \`${item['install_status']}\` / \`${item['operational_status']}\``);
    }
  });

  it('has the headings of every connector, in their order', () => {
    expect([...readme.matchAll(/^## (.+)$/gm)].map((match) => match[1])).toEqual(['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting']);
  });

  it('names each stream, method, option and known gap', () => {
    for (const word of [...manifest.streams.map((s) => s.name), ...manifest.auth.flatMap((a) => [a.method, ...a.keys]), 'deletes', 'relationshipKinds', 'dataSource']) expect(readme).toContain(`\`${word}\``);
  });
});
