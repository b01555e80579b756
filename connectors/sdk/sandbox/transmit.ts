import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Clock } from '../contract/index.js';
import type { SandboxAnswer } from './faults.js';
import type { Fault } from './types.js';

export interface Transmission {
  readonly answer: SandboxAnswer;
  readonly fault: Fault | undefined;
  readonly outgoing: ServerResponse;
  readonly date: string;
  readonly withBody: boolean;
  readonly clock: Clock;
  /** Aborted when the sandbox closes: nothing waits longer. */
  readonly stopped: AbortSignal;
  readonly onStatus: (status: number) => void;
}

/** Sends an answer, in the way that the fault (if any) makes it travel. */
export async function transmit(job: Transmission): Promise<void> {
  const { answer, fault, outgoing } = job;
  const whole = job.withBody ? Buffer.from(answer.body ?? '') : Buffer.alloc(0);
  const share = Math.floor(whole.length * (fault?.share ?? 0.5));
  const head = (length: number, extra: Record<string, string> = {}): void => {
    job.onStatus(answer.status);
    outgoing.sendDate = false;
    outgoing.writeHead(answer.status, { ...(answer.headers as Record<string, string | string[]>), date: job.date, 'content-length': length, ...extra });
  };
  switch (fault?.kind) {
    case 'reset_before_headers': outgoing.socket?.resetAndDestroy(); return;
    case 'hang_before_headers': await gone(job); return;
    case 'hang_after_headers':
      head(whole.length + 1);
      outgoing.flushHeaders();
      await gone(job);
      return;
    case 'reset_in_body':
      head(whole.length + 1);
      await written(outgoing, whole.subarray(0, share));
      outgoing.socket?.resetAndDestroy();
      return;
    case 'truncated_body':
      head(whole.length + 1);
      await written(outgoing, whole.subarray(0, share));
      outgoing.socket?.end();
      return;
    case 'malformed_body': {
      // A complete answer, whose text breaks off: what a quota or a crashed worker leaves.
      const cut = whole.subarray(0, Math.min(share, Math.max(whole.length - 2, 0)));
      head(cut.length);
      outgoing.end(cut);
      return;
    }
    case 'gzip_bomb':
      job.onStatus(answer.status);
      outgoing.sendDate = false;
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', date: job.date });
      await pieces(job, bomb(), () => Promise.resolve());
      return;
    case 'trickle':
      head(whole.length);
      await pieces(job, slices(whole, 1), () => job.clock.sleep(fault.ms ?? 1_000, job.stopped));
      return;
    case 'sliced':
      head(whole.length);
      await pieces(job, slices(whole, 7), () => new Promise((resolve) => setImmediate(resolve)));
      return;
    case 'latency':
      await job.clock.sleep(fault.ms ?? 2_000, job.stopped);
      head(whole.length);
      outgoing.end(whole);
      return;
    default:
      head(whole.length);
      outgoing.end(whole);
  }
}

/** Until the client or the sandbox hangs up. */
function gone({ outgoing, stopped }: Transmission): Promise<void> {
  if (outgoing.destroyed || stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => { outgoing.off('close', done); stopped.removeEventListener('abort', done); resolve(); };
    outgoing.on('close', done);
    stopped.addEventListener('abort', done, { once: true });
  });
}

/** Until the bytes have left for the system: a reset behind them must not swallow them. */
function written(outgoing: ServerResponse, part: Uint8Array): Promise<void> {
  outgoing.flushHeaders();
  return part.length === 0 ? Promise.resolve() : new Promise((resolve) => outgoing.write(part, () => resolve()));
}

function* slices(whole: Buffer, size: number): Iterable<Buffer> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

async function pieces(job: Transmission, parts: Iterable<Uint8Array>, pause: () => Promise<void>): Promise<void> {
  job.outgoing.socket?.setNoDelay(true);
  for (const part of parts) {
    if (job.outgoing.destroyed || job.stopped.aborted) return;
    if (!job.outgoing.write(part)) await drained(job);
    await pause();
  }
  job.outgoing.end();
}

function drained({ outgoing, stopped }: Transmission): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => { outgoing.off('drain', done); outgoing.off('close', done); stopped.removeEventListener('abort', done); resolve(); };
    outgoing.on('drain', done).on('close', done);
    stopped.addEventListener('abort', done, { once: true });
  });
}

/** Valid gzip of 10 GiB of blanks in 10 MB: one packed part of 64 MiB, repeated as further members of the file. */
function* bomb(): Iterable<Uint8Array> {
  const member = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20), { level: 9 });
  for (let count = 0; count < 160; count += 1) yield member;
}
