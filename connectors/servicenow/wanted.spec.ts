import { startBench, type Bench } from '../sdk/conformance/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';
import type { Row } from './types.js';

const stream = (name: string) => connector.streams.find((entry) => entry.name === name)!;
const open: Bench[] = [];
const bench = async (wanted: Record<string, string[][]>): Promise<Bench> => {
  const started = await startBench(connector, { sandbox: sandbox.start, fleetSize: 20, source: { wanted } });
  open.push(started);
  return started;
};
afterEach(async () => { for (const started of open.splice(0)) await started.close(); });

describe('what the mapping of the configuration reads', () => {
  it('is asked for, along references too, and comes as the resolved ones do', async () => {
    const b = await bench({ assets: [['display_name'], ['model_category', 'name'], ['location', 'city'], ['ci', 'model_id', 'model_number']] });

    const rows = (await b.pass(stream('assets'), { mode: 'full' })).records as Row[];

    const [row] = rows.filter((each) => each['location'] !== '' && each['ci'] !== '');
    expect(row).toMatchObject({
      display_name: expect.stringContaining(' - '), model_category: { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'Computer' },
      location: { id: expect.any(String), name: expect.any(String), city: expect.stringMatching(/./) }, ci: { id: expect.stringMatching(/^[0-9a-f]{32}$/), model_id: { model_number: expect.stringMatching(/./) } },
    });
    expect(Object.keys(row!).filter((key) => key.includes('.'))).toEqual(['ci.sys_class_name']);
  });

  it('still joins the record to its CI', async () => {
    const plain = await bench({});
    const wanting = await bench({ assets: [['ci', 'name']] });
    const identifiers = async (b: Bench): Promise<unknown[]> => (await b.pass(stream('assets'), { mode: 'full' })).records
      .map((raw) => { const mapping = b.map(stream('assets'), raw); return mapping.ok && 'record' in mapping && mapping.record.kind === 'asset' ? mapping.record.identifiers : mapping; });

    expect(await identifiers(wanting)).toEqual(await identifiers(plain));
  });

  it('is not asked for a second time where a reference is resolved anyway, nor for what is joined', async () => {
    const b = await bench({ computers: [['location', 'name'], ['assigned_to', 'email'], ['model_id', 'manufacturer', 'name'], ['network_adapters', 'mac_address'], ['not a column']] });

    await b.pass(stream('computers'), { mode: 'full' });

    const asked = b.sandbox.requests().filter((request) => request.path.endsWith('/cmdb_ci_computer')).map((request) => request.query['sysparm_fields'] ?? '');
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.join()).not.toMatch(/\.|network_adapters|not a/);
  });

  it('is named by check where the instance has no such column', async () => {
    const b = await bench({ assets: [['u_rack']] });

    expect((await b.check(['assets'])).find((finding) => finding.what === 'read alm_hardware')).toMatchObject({ outcome: 'warning', message: expect.stringContaining('u_rack') });
  });
});
