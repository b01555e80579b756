import type { Connector, Mapping } from '../../connectors/sdk/contract/index.js';
import type { Io } from '../../src/cli/io.js';
import { terminal, type Terminal } from './harness.js';

const CONFIG = 'version: 1\nsources:\n  crm: { connector: acme, baseUrl: "http://127.0.0.1:9" }\n';

interface Raw { readonly id: string; readonly name?: string; readonly serial?: string; readonly from?: string; readonly to?: string }

const end = (externalId: string) => ({ streams: ['things'], externalId });
const map = (raw: Raw): Mapping => (raw.from === undefined
  ? { ok: true, record: { kind: 'asset', externalId: raw.id, assetClass: 'server', identifiers: [{ kind: 'serial', value: raw.serial ?? '' }], claims: { name: raw.name ?? raw.id } } }
  : { ok: true, record: { kind: 'relationship', externalId: raw.id, relation: 'runs_on', from: end(raw.from), to: end(raw.to!) } });

/** An invented vendor of machines, and of what runs on what. */
function acme(things: readonly Raw[], links: readonly Raw[]): Io['catalogue'] {
  const stream = (name: string, records: readonly Raw[]): Connector['streams'][number] => ({
    name, permissions: [], deletes: 'by_full_scan', incremental: 'none', map: (raw: Raw) => map(raw),
    async *pull() { yield { scope: '', records, next: null, ends: [{ scope: '', coverage: 'complete' as const }] }; },
  });
  const connector: Connector = {
    manifest: {
      name: 'acme', title: 'Acme', role: 'itsm', about: 'invented', baseUrl: 'required', webhookAuth: [], auth: [], leastRights: '', concurrency: 1,
      streams: [{ name: 'things', default: true, about: '' }, { name: 'links', default: true, about: '' }],
    },
    connect: (context) => context, check: async function* () { yield { what: 'reach', outcome: 'ok' as const, message: 'answers' }; },
    streams: [stream('things', things), stream('links', links)],
  };
  return { names: () => ['acme'], load: async (name) => (name === 'acme' ? connector : undefined) };
}

let at: Terminal;
beforeEach(() => {
  at = terminal();
  at.write('lockstep.yaml', CONFIG);
});
afterEach(() => at.dispose());

it('does not tell that a machine runs on itself, where both ends turned out to be one asset', async () => {
  const catalogue = acme([{ id: 'guest', name: 'web-01', serial: '5CG1234ABC' }, { id: 'vm', name: 'web-01', serial: '5CG1234ABC' }, { id: 'host', serial: '5CG1234XYZ' }], [{ id: 'l1', from: 'guest', to: 'vm' }, { id: 'l2', from: 'vm', to: 'host' }]);
  await at.lockstep('sync', { catalogue });

  const { json: [guest] } = await at.lockstep('assets show serial:5CG1234ABC --json', { catalogue });

  expect(guest.sources).toHaveLength(2);
  expect(guest.relationships).toEqual([expect.objectContaining({ kind: 'runs_on', direction: 'out', asset: expect.objectContaining({ name: 'host' }) })]);
});
