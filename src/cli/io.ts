import { userInfo } from 'node:os';
import type { Clock } from '../../connectors/sdk/contract/index.js';
import type { ConnectorCatalogue } from '../config/index.js';
import type { Engine } from '../engine/engine.js';

export interface Sink {
  /** Resolves when the text has been taken: a long list waits for a slow reader. */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  readonly columns: number;
}

/** All that the command line touches of its process. Tests hand in their own. */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: { readonly isTTY: boolean; text(): Promise<string>; line(): Promise<string> };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Who acts, for the audit. */
  readonly user: string;
  readonly clock: Clock;
  /** Ctrl-C or a request to end. Gives what takes the listener away. */
  onInterrupt(listener: () => void): () => void;
  /** A request to read the configuration again. Gives what takes the listener away. */
  onReload(listener: () => void): () => void;
  /** Ends the process at once. */
  abandon(code: number): void;
  /** Absent: the bundled connectors and what is installed. */
  readonly catalogue?: ConnectorCatalogue;
  /** Set where a running service carries the command out: on its engine, for somebody at a terminal elsewhere. */
  readonly service?: { readonly engine: Engine; readonly confirmed: boolean };
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  let isClosed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // `lockstep assets list | head`: the reader has seen enough, which is no failure.
    if (error.code !== 'EPIPE') throw error;
    isClosed = true;
  });
  return {
    isTTY: stream.isTTY === true,
    get columns() { return stream.columns ?? 100; },
    write: (text) => new Promise((resolve) => {
      if (isClosed || text === '') return resolve();
      stream.write(text, () => resolve());
    }),
  };
}

/** The process that this is. */
export function nodeIo(): Io {
  return {
    stdout: sinkOf(process.stdout), stderr: sinkOf(process.stderr), env: process.env, cwd: process.cwd(), user: userName(),
    stdin: {
      isTTY: process.stdin.isTTY === true,
      text: async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
        return Buffer.concat(chunks).toString('utf8');
      },
      line: async () => {
        const { createInterface } = await import('node:readline/promises');
        const reader = createInterface({ input: process.stdin, output: process.stderr });
        try {
          return await reader.question('');
        } finally {
          reader.close();
        }
      },
    },
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const stop = (): void => { clearTimeout(timer); reject(signal?.reason as Error); };
        const timer = setTimeout(() => { signal?.removeEventListener('abort', stop); resolve(); }, ms);
        signal?.addEventListener('abort', stop, { once: true });
      }),
    },
    onInterrupt: (listener) => {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    onReload: (listener) => {
      process.on('SIGHUP', listener);
      return () => process.off('SIGHUP', listener);
    },
    abandon: (code) => process.exit(code),
  };
}

/** Containers run as users whom no file names. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
