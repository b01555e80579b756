import { startBench, type Bench } from '../sdk/conformance/index.js';
import type { CheckFinding, SourceConfig } from '../sdk/contract/index.js';
import { connector } from './index.js';
import { sandbox } from './sandbox/index.js';

const open: Bench[] = [];
afterEach(async () => { for (const started of open.splice(0)) await started.close(); });

/** What check says of suppliers, where the application has these scopes. */
const ofSuppliers = async (push: SourceConfig['push'], allowedScopes: readonly string[], streams = ['assets']): Promise<CheckFinding[]> => {
  const b = await startBench(connector, { sandbox: sandbox.start, fleetSize: 20, vendor: { allowedScopes }, source: { push, streams } });
  open.push(b);
  return (await b.check(streams)).filter(({ what }) => what === 'read suppliers');
};
const LESS = ['edit:assets', 'read:customers'];
const ALL = [...LESS, 'read:suppliers'];

describe('the right to read suppliers, which are written by their id', () => {
  it.each([
    ['assets are created', { enabled: true, mode: 'upsert' as const }],
    ['the vendor is pushed', { enabled: true, fields: ['stage', 'vendor'] }],
  ])('is named where it is missing and %s', async (_what, push) => {
    expect(await ofSuppliers(push, LESS)).toMatchObject([{ stream: 'assets', outcome: 'failed', hint: expect.stringContaining('Tick read:suppliers') as string }]);
    expect(await ofSuppliers(push, ALL)).toMatchObject([{ stream: 'assets', outcome: 'ok' }]);
  });

  it('is not asked for where no supplier is written', async () => {
    expect(await ofSuppliers({ enabled: true, fields: ['stage'] }, LESS)).toEqual([]);
    expect(await ofSuppliers({ enabled: false, mode: 'upsert' }, LESS)).toEqual([]);
  });

  it('is looked at once where suppliers are read too', async () => {
    expect(await ofSuppliers({ enabled: true, mode: 'upsert' }, ALL, ['assets', 'suppliers'])).toMatchObject([{ stream: 'suppliers', outcome: 'ok' }]);
  });
});
