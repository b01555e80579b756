import type { Connector, Mapping, Page } from '../../connectors/sdk/contract/index.js';
import type { Io } from '../../src/cli/io.js';
import { terminal, type Terminal } from './harness.js';

type Raw = { readonly id: string; readonly map: Mapping };
const raw = (id: string, record: object): Raw => ({ id, map: { ok: true, record: { externalId: id, ...record } } as Mapping });
const ref = (externalId: string): object => ({ streams: ['machines'], externalId });

const MACHINES = [raw('vm', { kind: 'asset', assetClass: 'virtual_machine', identifiers: [], claims: { name: 'app-01' } }), raw('esx', { kind: 'asset', assetClass: 'hypervisor', identifiers: [{ kind: 'serial', value: 'H1' }], claims: { name: 'esx-01' } })];
const EDGES = [raw('e1', { kind: 'relationship', relation: 'hosted_by', from: ref('vm'), to: ref('esx') }), raw('e2', { kind: 'relationship', relation: 'depends_on', from: ref('vm'), to: ref('db') })];
const SOFTWARE = [raw('i1', { kind: 'installation', on: ref('vm'), product: 'nginx', publisher: 'F5', productVersion: '1.27.1', installedOn: '2026-01-02' })];

function fleet(): Io['catalogue'] {
  const streams = { machines: MACHINES, edges: EDGES, software: SOFTWARE };
  const connector: Connector<object> = {
    manifest: { name: 'acme', title: 'Acme', role: 'hypervisor', about: 'invented', baseUrl: 'none', webhookAuth: [], leastRights: '', concurrency: 1, auth: [], streams: Object.keys(streams).map((name) => ({ name, default: true, about: '' })) },
    connect: () => ({}), check: async function* () { yield { what: 'reach', outcome: 'ok', message: 'answers' }; },
    streams: Object.entries(streams).map(([name, records]) => ({
      name, permissions: [], deletes: 'by_full_scan' as const, incremental: 'none' as const, ...(name !== 'machines' && { after: ['machines'] }),
      pull: async function* (): AsyncIterable<Page<Raw>> { yield { scope: '', records, next: null, ends: [{ scope: '', coverage: 'complete' }] }; }, map: (each: Raw) => each.map,
    })),
  };
  return { names: () => ['acme'], load: async (name) => (name === 'acme' ? connector : undefined) };
}

let at: Terminal;
const catalogue = fleet();
beforeAll(async () => {
  at = terminal();
  at.write('lockstep.yaml', 'version: 1\nsources:\n  cloud: { connector: acme }\n');
  const { code, err, out } = await at.lockstep('sync --json', { catalogue });
  expect({ code, told: code === 0 ? '' : err + out }).toEqual({ code: 0, told: '' });
});
afterAll(() => at.dispose());

it('shows what an asset stands on, what is not here yet, and what is installed', async () => {
  const { json: [vm] } = await at.lockstep('assets show app-01 --json', { catalogue });
  const { json: [esx] } = await at.lockstep('assets show serial:H1 --json', { catalogue });
  const sources = (externalId: string) => [{ source: 'cloud', stream: 'edges', externalId, lastSeenAt: expect.stringMatching(/Z$/) }];
  expect(vm.relationships).toEqual([
    { kind: 'depends_on', direction: 'out', asset: null, refersTo: ['cloud/machines/db'], sources: sources('e2') },
    { kind: 'hosted_by', direction: 'out', asset: { id: esx.id, name: 'esx-01', class: 'hypervisor', stage: 'deployed' }, sources: sources('e1') },
  ]);
  expect(esx.relationships).toEqual([{ kind: 'hosted_by', direction: 'in', asset: { id: vm.id, name: 'app-01', class: 'virtual_machine', stage: 'deployed' }, sources: sources('e1') }]);
  expect(vm.installations).toEqual([{ product: 'nginx', publisher: 'F5', version: '1.27.1', installedOn: '2026-01-02', source: 'cloud', lastSeenAt: expect.stringMatching(/Z$/) }]);
  expect(esx.installations).toEqual([]);
});

it('says so to a person', async () => {
  const { out } = await at.lockstep('assets show app-01', { catalogue });
  expect(out).toMatch(/RELATIONSHIPS\n {2}depends_on -> not here yet: cloud\/machines\/db {2}by cloud\n {2}hosted_by -> esx-01 \(hypervisor, \S+\) {2}by cloud\n/);
  expect(out).toContain('SOFTWARE (1)\n  nginx 1.27.1  cloud');
  expect((await at.lockstep('assets show esx-01', { catalogue })).out).toMatch(/app-01 \(virtual_machine, \S+\) hosted_by -> this {2}by cloud/);
});
