import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../contract/index.js';
import { machineClock } from './server.js';

/**
 * A TCP proxy in front of a sandbox, for what HTTP cannot show of itself. Deterministic: bytes are counted, nothing is
 * left to chance. Each connection keeps the mode in which it was opened.
 */
export type ProxyMode =
  | { readonly kind: 'pass' }
  /** Nobody listens on the port. */
  | { readonly kind: 'refused' }
  /** The connection stands, and nothing is ever read or answered: also what a hanging TLS handshake looks like. */
  | { readonly kind: 'silent' }
  /** Reset as soon as the first bytes of the request arrive. */
  | { readonly kind: 'reset_on_request' }
  /** Reset (or closed in order) after so many bytes of the answer. */
  | { readonly kind: 'reset_after' | 'close_after'; readonly bytes: number }
  /** Both ways in pieces of that size. */
  | { readonly kind: 'sliced'; readonly bytes: number }
  /** The answer at that rate, slept on the clock. */
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  | { readonly kind: 'latency'; readonly ms: number };

export interface FaultProxy {
  /** Origin that stands for the target's. */
  readonly url: string;
  setMode(mode: ProxyMode): Promise<void>;
  /** Connections taken so far. */
  readonly connections: number;
  close(): Promise<void>;
}

export async function startFaultProxy(target: string, clock: Clock = machineClock): Promise<FaultProxy> {
  const { hostname, port: targetPort } = new URL(target);
  const open = new Set<Socket>();
  const stopped = new AbortController();
  let mode: ProxyMode = { kind: 'pass' };
  let connections = 0;
  let port = 0;

  const take = (client: Socket): void => {
    connections += 1;
    const chosen = mode;
    keep(client);
    if (chosen.kind === 'silent') { client.pause(); return; }
    if (chosen.kind === 'reset_on_request') { client.once('data', () => client.resetAndDestroy()); return; }
    const upstream = connect({ host: hostname, port: Number(targetPort) });
    keep(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    relay(client, upstream, chosen.kind === 'sliced' ? chosen : { kind: 'pass' });
    relay(upstream, client, chosen);
  };
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.setNoDelay(true);
    // A broken peer is this tool's daily bread: the other side is closed by its `close` handler.
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  };

  /** One direction, in order: the next bytes wait until the last are through. */
  const relay = (from: Socket, to: Socket, by: ProxyMode): void => {
    let sent = 0;
    let queue: Promise<void> = Promise.resolve();
    from.on('data', (part: Buffer) => {
      from.pause();
      queue = queue.then(async () => {
        sent = await pass(to, part, by, sent);
        if (!from.destroyed) from.resume();
      }).catch(() => { from.destroy(); to.destroy(); });
    });
    from.on('end', () => { void queue.then(() => { if (!to.destroyed) to.end(); }); });
    from.on('close', () => { void queue.then(() => { if (!to.destroyed) to.end(); }); });
  };

  const pass = async (to: Socket, part: Buffer, by: ProxyMode, sent: number): Promise<number> => {
    if ((by.kind === 'reset_after' || by.kind === 'close_after') && sent + part.length >= by.bytes) {
      await write(to, part.subarray(0, by.bytes - sent));
      if (by.kind === 'reset_after') to.resetAndDestroy(); else to.destroySoon();
      return by.bytes;
    }
    const size = by.kind === 'sliced' ? by.bytes : by.kind === 'bandwidth' ? Math.max(1, Math.ceil(by.bytesPerSecond / 10)) : part.length;
    if (by.kind === 'latency') await clock.sleep(by.ms, stopped.signal);
    for (let at = 0; at < part.length; at += size) {
      if (by.kind === 'bandwidth') await clock.sleep(100, stopped.signal);
      await write(to, part.subarray(at, at + size));
    }
    return sent + part.length;
  };

  let server: Server | undefined;
  const listen = async (): Promise<void> => {
    const fresh = createServer(take);
    await new Promise<void>((resolve, reject) => {
      fresh.once('error', reject);
      fresh.listen(port, '127.0.0.1', resolve);
    });
    port = (fresh.address() as AddressInfo).port;
    server = fresh;
  };
  const hangUp = async (): Promise<void> => {
    const old = server;
    server = undefined;
    const closed = old && new Promise<void>((resolve) => old.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };

  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    get connections() { return connections; },
    async setMode(next) {
      mode = next;
      if (next.kind === 'refused') await hangUp();
      else if (server === undefined) await listen();
    },
    async close() {
      stopped.abort(new Error('proxy closed'));
      await hangUp();
    },
  };
}

function write(to: Socket, part: Uint8Array): Promise<void> {
  if (part.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => to.write(part, (error) => { if (error) reject(error); else resolve(); }));
}
