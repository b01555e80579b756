import { request as httpRequest } from 'node:http';
import type { Clock } from '../contract/index.js';
import { startFaultProxy, type FaultProxy, type ProxyMode } from './fault-proxy.js';
import { FaultSet } from './faults.js';
import { FixedWindow, RollingWindow } from './limits.js';
import { startServer, type SandboxServer } from './server.js';

const body = 'x'.repeat(5_000);
let now = 0;
let slept: number[] = [];
const clock: Clock = { now: () => now, sleep: (ms) => { now += ms; slept.push(ms); return Promise.resolve(); } };
let server: SandboxServer;
let proxy: FaultProxy;

beforeEach(async () => {
  slept = [];
  server = await startServer({
    clock, compress: false, faults: new FaultSet({ unauthorised: () => ({ status: 401 }), forbidden: () => ({ status: 403 }) }, []),
    classify: () => ({ purpose: 'data' }), answer: () => ({ status: 200, body }),
  });
  proxy = await startFaultProxy(server.url, clock);
});
afterEach(async () => { await proxy.close(); await server.close(); });

/** The text, or the code of the failure with what came before it. */
function get(): Promise<{ text: string; failure?: string }> {
  return new Promise((resolve) => {
    let text = '';
    const fail = (error: NodeJS.ErrnoException): void => resolve({ text, failure: error.code ?? error.message });
    httpRequest(proxy.url, { agent: false }, (answer) => {
      answer.on('data', (part: Buffer) => { text += part.toString(); }).on('end', () => resolve({ text })).on('error', fail);
    }).on('error', fail).end();
  });
}
async function through(mode: ProxyMode): Promise<{ text: string; failure?: string }> { await proxy.setMode(mode); return get(); }

describe('startFaultProxy', () => {
  it('passes everything, in slices too', async () => {
    expect(await through({ kind: 'pass' })).toEqual({ text: body });
    expect(await through({ kind: 'sliced', bytes: 7 })).toEqual({ text: body });
    expect(proxy.connections).toBe(2);
  });

  it('refuses, and listens again on the same port', async () => {
    const { url } = proxy;

    expect(await through({ kind: 'refused' })).toEqual({ text: '', failure: 'ECONNREFUSED' });
    expect(await through({ kind: 'pass' })).toEqual({ text: body });
    expect(proxy.url).toBe(url);
  });

  it('resets on the request, or after so many bytes; or closes there', async () => {
    expect(await through({ kind: 'reset_on_request' })).toEqual({ text: '', failure: 'ECONNRESET' });
    expect(server.requests()).toEqual([]);
    const [reset, closed] = [await through({ kind: 'reset_after', bytes: 1_000 }), await through({ kind: 'close_after', bytes: 1_000 })];

    expect(reset.failure).toBe('ECONNRESET');
    expect(closed.failure).toBe('ECONNRESET');
    expect(closed.text.length).toBeGreaterThan(500);
    expect(closed.text.length).toBeLessThan(1_000);
  });

  it('is slow on the clock alone', async () => {
    expect(await through({ kind: 'bandwidth', bytesPerSecond: 10_000 })).toEqual({ text: body });
    expect(slept.length).toBeGreaterThanOrEqual(5);
    expect(slept.every((ms) => ms === 100)).toBe(true);
    slept = [];
    expect(await through({ kind: 'latency', ms: 3_000 })).toEqual({ text: body });
    expect(slept.every((ms) => ms === 3_000)).toBe(true);
  });

  it('stays silent until it is closed', async () => {
    await proxy.setMode({ kind: 'silent' });
    const waiting = get();
    while (proxy.connections === 0) await new Promise((resolve) => { setImmediate(resolve); });
    await proxy.close();

    expect(await waiting).toEqual({ text: '', failure: 'ECONNRESET' });
    expect(server.requests()).toEqual([]);
  });
});

describe('counters', () => {
  it('RollingWindow lets so many pass in any span; a refused one does not count', () => {
    const window = new RollingWindow(2, 1_000);

    expect([0, 500, 999, 1_000, 1_400, 1_500].map((time) => window.take(time))).toEqual([true, true, false, true, false, true]);
  });

  it('FixedWindow starts anew at each multiple of its length', () => {
    const window = new FixedWindow(2, 1_000);

    expect([900, 950, 999, 1_000, 1_001, 1_002].map((time) => window.take(time))).toEqual([true, true, false, true, true, false]);
    expect(window.resetAt(1_001)).toBe(2_000);
  });
});
