import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, Outcome, Reply } from './case.js';
import type { Counted, DeskOptions } from './desk-system.js';

export interface ChildOptions {
  /** Where `--cpu-prof` leaves its profile; absent: none. */
  readonly profile?: { readonly folder: string; readonly name: string };
}

/** Runs one job in a fresh process and waits until that has ended. */
export async function inFreshProcess(job: Job, options: ChildOptions = {}): Promise<Outcome> {
  const child = start(options);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const reply = await ask(child, job);
    if (!('outcome' in reply)) throw new Error('the case answered without an outcome');
    return reply.outcome;
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
}

/** The simulated systems, kept for all cases. */
export class SimulatorProcess {
  private readonly child = start({});
  /** Its address, once it lists what is asked. */
  async become(job: Omit<Extract<Job, { kind: 'simulate' }>, 'kind'>): Promise<string> {
    const reply = await ask(this.child, { kind: 'simulate', ...job });
    if (!('url' in reply)) throw new Error('the simulator answered without an address');
    return reply.url;
  }
  /** The address of a source and a target that lists the same machines; `anew`: the target has forgotten what was written. */
  async becomeDesk(options: DeskOptions, anew: boolean): Promise<string> {
    const reply = await ask(this.child, { kind: 'desk', options, anew });
    if (!('url' in reply)) throw new Error('the target answered without an address');
    return reply.url;
  }
  /** The calls that have reached the target since the last time. */
  async counted(): Promise<Counted> {
    const reply = await ask(this.child, { kind: 'count' });
    if (!('counted' in reply)) throw new Error('the target has not counted');
    return reply.counted;
  }
  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.disconnect();
    await ended;
  }
}

function start({ profile }: ChildOptions): ChildProcess {
  const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile.folder}`, `--cpu-prof-name=${profile.name}.cpuprofile`] : [];
  return fork(fileURLToPath(new URL('case.js', import.meta.url)), [], { execArgv: flags, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'json' });
}

function ask(child: ChildProcess, job: Job): Promise<Extract<Reply, { ok: true }>> {
  return new Promise((resolve, reject) => {
    const early = (code: number | null, signal: string | null): void => reject(new Error(`the process of a case ended early (${signal ?? code})`));
    child.once('exit', early);
    child.once('message', (reply: Reply) => {
      child.off('exit', early);
      if (reply.ok) resolve(reply);
      else reject(new Error(reply.error));
    });
    child.send(job);
  });
}
