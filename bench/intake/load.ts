import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import autocannon from 'autocannon';
import { HOOK_TOKEN } from '../../test/support/intake-process.js';

export interface Latency { readonly p50: number; readonly p99: number; readonly answered: number; readonly others: number }
export interface Sent { readonly body: string; readonly headers: Readonly<Record<string, string>> }

let count = 0;
/** A signed delivery of some 2 kB, each of its own. */
export function delivery(at = Date.now(), secret = HOOK_TOKEN, change: (body: string) => string = (body) => body): Sent {
  count++;
  const body = change(JSON.stringify({ event_id: `bench-${process.pid}-${count}`, event: 'update', table: 'cmdb_ci_linux_server', sys_id: `id${count}`, sys_mod_count: '1', record: { name: `srv-${count}`, notes: 'x'.repeat(1_800) } }));
  const time = String(Math.floor(at / 1_000));
  return { body, headers: { 'content-type': 'application/json', 'x-lockstep-timestamp': time, 'x-lockstep-signature': `sha256=${createHmac('sha256', secret).update(`${time}.${body}`).digest('base64')}` } };
}

/** Deliveries at a constant rate. */
export async function steady(url: string, perSecond: number, seconds: number): Promise<Latency> {
  const result = await autocannon({
    url, method: 'POST', connections: 50, duration: seconds, overallRate: perSecond, timeout: 20,
    requests: [{ method: 'POST', setupRequest: (request) => { const { body, headers } = delivery(); return { ...request, body, headers: { ...headers } }; } }],
  });
  return { p50: result.latency.p50, p99: result.latency.p99, answered: result['2xx'], others: result.errors + result.timeouts + result.non2xx };
}

/** 70 % valid, 10 % duplicate, 5 % each wrongly signed, stale, replayed later under another time, oversized, broken after a right signature. How many got another verdict than they must. */
export async function mixed(url: string, perSecond: number, seconds: number): Promise<{ readonly sent: number; readonly wrong: readonly string[] }> {
  const total = perSecond * seconds;
  const last = delivery();
  const right = (nth: number): { readonly made: Sent; readonly status: number } => {
    const kind = nth % 20;
    if (kind < 14) return { made: delivery(), status: 202 };
    if (kind < 16) return { made: last, status: 202 };
    if (kind === 16) return { made: delivery(Date.now(), 'another secret'), status: 401 };
    if (kind === 17) return { made: delivery(Date.now() - 400_000), status: 401 };
    if (kind === 18) return nth % 40 < 20 ? { made: { ...last, headers: { ...last.headers, 'x-lockstep-timestamp': String(Math.floor(Date.now() / 1_000) + 1) } }, status: 401 } : { made: delivery(Date.now(), HOOK_TOKEN, () => 'x'.repeat(2 * 1024 * 1024)), status: 413 };
    return { made: delivery(Date.now(), HOOK_TOKEN, (body) => body.slice(0, -1)), status: 202 };
  };
  const verdicts: Promise<string>[] = [];
  const startedAt = performance.now();
  while (verdicts.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond));
    while (verdicts.length < due) {
      const { made, status } = right(verdicts.length);
      // an oversized sender that is cut while it still sends has its verdict as well
      verdicts.push(fetch(url, { method: 'POST', body: made.body, headers: made.headers }).then((answer) => (answer.status === status ? '' : `${answer.status} for ${status}`), (error: Error) => (status === 413 ? '' : `${(error.cause as Error | undefined)?.message ?? error.message} for ${status}`)));
    }
    await new Promise((turn) => setTimeout(turn, 5));
  }
  return { sent: total, wrong: (await Promise.all(verdicts)).filter((each) => each !== '') };
}

/** Senders of a byte a second and connections that say nothing. `cutAfter`: seconds until each slow one was cut. */
export function burden(port: number, slow: number, idle: number): { readonly cutAfter: () => readonly number[]; end(): void } {
  const sockets: Socket[] = [];
  const cut: number[] = [];
  const startedAt = performance.now();
  const open = (): Socket => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => socket.destroy());
    socket.resume();
    sockets.push(socket);
    return socket;
  };
  for (let nth = 0; nth < idle; nth++) open();
  for (let nth = 0; nth < slow; nth++) {
    const socket = open();
    socket.once('close', () => cut.push((performance.now() - startedAt) / 1_000));
    socket.write('POST /webhooks/desk HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n');
  }
  const dripping = setInterval(() => { for (const socket of sockets.slice(idle)) if (!socket.destroyed) socket.write('x'); }, 1_000);
  return { cutAfter: () => cut, end: () => { clearInterval(dripping); for (const socket of sockets) socket.destroy(); } };
}
