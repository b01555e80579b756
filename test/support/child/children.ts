import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** How a process ended, with all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface Child {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves when it has said this on stderr; rejects when it ends without. */
  says(text: string): Promise<void>;
  /** Does nothing to a process that is gone. */
  kill(signal: NodeJS.Signals): void;
}

/** The compiled product of test/support/child/product.mjs. */
export function productFolder(): string {
  const folder = process.env['LOCKSTEP_TEST_PRODUCT'];
  if (!folder) throw new Error('LOCKSTEP_TEST_PRODUCT is not set: run this suite by `npm run test:crash`, which compiles the product first');
  return folder;
}

/** What `connector:` names in the configuration of a process. */
export const compiledConnector = (): string => join(productFolder(), 'test/support/child/world-connector.js');

/** `through`: a command that starts the process, such as `prlimit --nofile=64`. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly through?: readonly string[];
}

/** `lockstep <args>` as a process of its own, with the crash places of a test run. */
export function startLockstep(args: readonly string[], { env = {}, through = [] }: StartOptions = {}): Child {
  const [command, ...rest] = [...through, process.execPath, '--disable-warning=ExperimentalWarning', join(productFolder(), 'src/cli.js'), ...args];
  const startedAt = performance.now();
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(command as string, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...(PATH && { PATH }), ...(HOME && { HOME }), ...(TMPDIR && { TMPDIR }), NODE_ENV: 'test', NO_COLOR: '1', ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const says = (text: string): Promise<void> => new Promise((resolve, reject) => {
    const look = (): void => {
      if (!stderr.includes(text)) return;
      child.stderr.off('data', look);
      resolve();
    };
    child.stderr.on('data', look);
    child.once('close', () => reject(new Error(`it ended and never said "${text}": ${stderr.slice(-2_000)}`)));
    look();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr, ms: performance.now() - startedAt }));
  });
  return { pid: child.pid as number, ended, says, kill: (signal) => void child.kill(signal) };
}

/** Starts it, kills it after `ms`, and says whether it was still alive then. */
export async function killedAfter(ms: number, args: readonly string[], options?: StartOptions): Promise<Ended> {
  const child = startLockstep(args, options);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const ended = await child.ended;
  clearTimeout(timer);
  return ended;
}
