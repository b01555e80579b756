import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** stdout, one JSON value a line. */
  readonly json: readonly any[];
}

export interface Terminal {
  readonly folder: string;
  now: number;
  write(file: string, content: string | object): void;
  lockstep(line: string | readonly string[], more?: More): Promise<Answer>;
  dispose(): void;
}

export interface More {
  readonly env?: Io['env'];
  readonly stdin?: string;
  readonly tty?: { readonly stdin?: boolean; readonly stdout?: boolean; readonly stderr?: boolean };
  readonly catalogue?: Io['catalogue'];
  /** Called with what a Ctrl-C does, each time somebody listens for it. */
  readonly onListen?: (interrupt: () => void) => void;
  readonly onAbandon?: (code: number) => void;
}

/** A folder and a process that is none: everything that the command line touches is handed to it. */
export function terminal(start = Date.parse('2026-11-03T10:00:00Z')): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));
  const self: Terminal = {
    folder, now: start,
    write: (file, content) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
    },
    lockstep: async (line, more = {}) => {
      const told = { out: '', err: '' };
      const sink = (to: 'out' | 'err', isTTY = false): Io['stdout'] => ({ isTTY, columns: 120, write: async (text) => void (told[to] += text) });
      const io: Io = {
        stdout: sink('out', more.tty?.stdout), stderr: sink('err', more.tty?.stderr), env: more.env ?? {}, cwd: folder, user: 'ann',
        stdin: { isTTY: more.tty?.stdin ?? false, text: async () => more.stdin ?? '', line: async () => more.stdin ?? '' },
        clock: { now: () => self.now, sleep: async (ms) => void (self.now += ms) },
        onInterrupt: (listener) => {
          more.onListen?.(listener);
          return () => undefined;
        },
        onReload: () => () => undefined, abandon: (code) => more.onAbandon?.(code), ...(more.catalogue && { catalogue: more.catalogue }),
      };
      const code = await run(typeof line === 'string' ? line.split(' ') : line, io);
      // No two commands are typed in one second.
      self.now += 1_000;
      return { code, ...told, get json() { return told.out.split('\n').filter((each) => each !== '').map((each) => JSON.parse(each) as unknown); } };
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
  return self;
}
