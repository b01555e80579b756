import type { Command } from 'commander';
import type { Clock, ConnectorLog } from '../../connectors/sdk/contract/index.js';
import type { ConnectorCatalogue, LoadedConfig } from '../config/index.js';
import { BadConfiguration, HandedOver, missing, SeveralAssets, usage, type ExitCode } from './failures.js';
import type { Io } from './io.js';
import { Output } from './output.js';
import type { Flags } from './flags.js';
import { plain } from './render/text.js';
import type { App } from '../app.module.js';
import type { EngineOptions } from '../engine/engine.js';

/** One command's way through the program: its configuration, its engine, what it says. */
export class Session {
  readonly out: Output;
  /** Set by the first Ctrl-C. */
  private readonly stopping = new AbortController();

  private confirmed = false;

  /** `program`: all that can be typed, for completion. `argv`: what was typed. `perform`: any other command. */
  constructor(readonly io: Io, readonly flags: Flags, readonly program: Command, private readonly argv: readonly string[] = [], readonly perform: (argv: readonly string[], io: Io) => Promise<ExitCode> = () => Promise.reject(new Error('no other command can be run here'))) {
    this.out = new Output(io, { json: flags.json, colour: flags.color });
  }

  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  async catalogue(): Promise<ConnectorCatalogue> {
    return this.io.catalogue ?? (await import('../sources/catalogue.js')).connectorCatalogue();
  }

  /** `requireSecrets: false`: unset variables are borne. */
  async load(requireSecrets = true) {
    const { service } = this.io;
    if (service) {
      this.out.hide(service.engine.config.secrets);
      return { ok: true as const, config: service.engine.config };
    }
    await this.out.show('reading the configuration …');
    const { loadConfig } = await import('../config/index.js');
    const result = await loadConfig({ files: this.flags.config, env: this.io.env, cwd: this.io.cwd, catalogue: await this.catalogue(), requireSecrets });
    if (result.ok) this.out.hide(result.config.secrets);
    return result;
  }

  async config(): Promise<LoadedConfig> {
    const result = await this.load();
    if (result.ok) return result.config;
    const { formatProblem } = await import('../config/index.js');
    throw new BadConfiguration(result.problems.map((problem) => formatProblem(problem, { source: this.io.stderr.isTTY || this.flags.verbose })));
  }

  /** Beside whatever else uses the database. */
  async read<T>(work: (app: App) => Promise<T>): Promise<T> {
    return this.open(true, work);
  }

  /** Changes or runs things: waits for another process that does, and ends after the slice on Ctrl-C. */
  async write<T>(work: (app: App) => Promise<T>): Promise<T> {
    return this.interruptible(() => this.open(false, work));
  }

  /** Everything that an engine is opened with. */
  async engineOptions(): Promise<EngineOptions & { readonly clock: Clock }> {
    const waitMs = await this.waitMs();
    const config = await this.config();
    return { config, catalogue: await this.catalogue(), clock: this.io.clock, log: await this.log(), signal: this.signal, waitMs, actor: this.io.user };
  }

  private async open<T>(readonly: boolean, work: (app: App) => Promise<T>): Promise<T> {
    const { service } = this.io;
    if (service) {
      const { openApp } = await import('../app.module.js');
      const { stoppedBy } = await import('../engine/engine.js');
      return this.on(await openApp(stoppedBy(service.engine, this.signal)), work);
    }
    const options = await this.engineOptions();
    if (!readonly) await this.handOver(options.config);
    await this.out.show('opening the database …');
    const { openApp } = await import('../app.module.js');
    const { openEngine } = await import('../engine/engine.js');
    // A service that is just starting holds the file before it takes commands.
    const engine = await openEngine({ ...options, readonly, whileWaiting: () => this.handOver(options.config) });
    try {
      return await this.on(await openApp(engine), work);
    } finally {
      await engine.close();
    }
  }

  private async on<T>(app: App, work: (app: App) => Promise<T>): Promise<T> {
    await this.out.clearStatus();
    try {
      return await work(app);
    } finally {
      await app.close();
    }
  }

  /** A service that holds the database file carries the command out, with the same words and exit codes; this process only speaks. */
  private async handOver(config: LoadedConfig): Promise<void> {
    if (config.database.path === undefined) return;
    const [{ readDoor }, { throughDoor }] = await Promise.all([import('../service/door-file.js'), import('../service/door-client.js')]);
    const door = readDoor(`${config.database.path}.token`);
    if (!door) return;
    const { io } = this;
    await this.out.clearStatus();
    const told = ['NO_COLOR', 'FORCE_COLOR', 'TERM', 'CI', 'COLORTERM'];
    const exitCode = await throughDoor(door, {
      argv: this.argv, cwd: io.cwd, user: io.user, confirmed: this.confirmed, configHash: config.hash, stdinIsTTY: io.stdin.isTTY, stdout: { isTTY: io.stdout.isTTY, columns: io.stdout.columns }, stderr: { isTTY: io.stderr.isTTY, columns: io.stderr.columns },
      env: Object.fromEntries(told.flatMap((name) => (io.env[name] === undefined ? [] : [[name, io.env[name]]]))),
    }, { write: (to, text) => (to === 'out' ? io.stdout : io.stderr).write(text), answer: (what) => io.stdin[what](), onInterrupt: (listener) => { this.signal.addEventListener('abort', listener); return () => this.signal.removeEventListener('abort', listener); } });
    if (exitCode !== undefined) throw new HandedOver(exitCode as ExitCode);
  }

  /** The first Ctrl-C ends what is under way after its slice, the second at once. */
  async interruptible<T>(work: () => Promise<T>): Promise<T> {
    const { InterruptedError } = await import('../../connectors/sdk/contract/index.js');
    const forget = this.io.onInterrupt(() => {
      if (this.stopping.signal.aborted) {
        void this.out.talk('stopped now: what was stored stays whole, and the next run goes on from there');
        this.io.abandon(1);
        return;
      }
      if (!this.io.service) void this.out.talk('stopping after what is being stored now; Ctrl-C again stops at once, which is safe too');
      this.stopping.abort(new InterruptedError('stopped by Ctrl-C'));
    });
    try {
      return await work();
    } finally {
      forget();
    }
  }

  private async waitMs(): Promise<number> {
    if (this.flags.wait === undefined) return 60_000;
    const { parseDuration } = await import('../core/expressions/durations.js');
    const ms = parseDuration(this.flags.wait);
    if (ms === undefined) throw usage(`--wait takes a duration such as 30s or 5m, not "${this.flags.wait}"`);
    return ms;
  }

  /** With --debug all of it as JSON lines; else what went not quite as it should, for people. */
  async log(): Promise<ConnectorLog> {
    if (this.flags.debug) {
      const { createLogger } = await import('../observability/logger.js');
      return createLogger({ level: 'debug', destination: { write: (text: string) => void this.out.talk(text.trimEnd()) }, now: () => this.io.clock.now() });
    }
    const silent = (): void => undefined;
    return {
      debug: silent, info: silent,
      warn: (message, fields) => {
        const { source, ...rest } = fields ?? {};
        const more = Object.entries(rest).map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ');
        void this.out.talk(`${this.out.talkStyle.yellow('warning:')} ${source === undefined ? '' : `${String(source)}: `}${plain(message)}${more === '' ? '' : ` (${plain(more)})`}`);
      },
    };
  }

  /** Asks a person at a terminal; anywhere else `--yes` must stand. */
  async confirm(question: string, yes: boolean): Promise<void> {
    if (yes || this.io.service?.confirmed) return;
    await this.confirmable(question);
    await this.out.clearStatus();
    await this.io.stderr.write(`${capital(plain(question))}? [y/N] `);
    const answer = (await this.io.stdin.line()).trim().toLowerCase();
    if (answer !== 'y' && answer !== 'yes') throw missing('not done: it was not confirmed');
    this.confirmed = true;
  }

  /** Nobody can be asked: better said before anything is opened. */
  async confirmable(question: string): Promise<void> {
    if (this.io.service?.confirmed) return;
    if (!this.io.stdin.isTTY || !this.io.stderr.isTTY) throw usage(`to ${question}, --yes is needed where nobody can be asked`, 'look at what it would do, then add --yes');
  }

  /** A word of a known list, or a failure with the nearest one. */
  async oneOf(what: string, word: string, known: readonly string[], exitCode: ExitCode = 2): Promise<string> {
    if (known.includes(word)) return word;
    const { nearest } = await import('../core/expressions/nearest.js');
    const suggestion = nearest(word, known);
    const hint = `${suggestion === undefined ? '' : `did you mean "${suggestion}"? `}${known.length === 0 ? 'there is none' : `known: ${known.join(', ')}`}`;
    throw exitCode === 2 ? usage(`there is no ${what} "${word}"`, hint) : missing(`there is no ${what} "${word}"`, hint);
  }

  /** The outcome of a look-up as a value, or as the failure that it is. */
  found<T>(reference: string, found: { readonly kind: 'found'; readonly value: T } | { readonly kind: 'none'; readonly hint: string } | { readonly kind: 'several'; readonly found: readonly FoundChoice[] }): T {
    if (found.kind === 'found') return found.value;
    throw failedLookUp(reference, found);
  }
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

interface FoundChoice {
  readonly asset: { readonly state: { readonly id: string; readonly assetClass?: string; readonly stage: string; readonly attributes: Readonly<Record<string, unknown>> } };
  readonly by: readonly string[];
}

export function failedLookUp(reference: string, found: { readonly kind: 'none'; readonly hint: string } | { readonly kind: 'several'; readonly found: readonly FoundChoice[] }): Error {
  if (found.kind === 'none') return missing(`no asset is known as "${plain(reference)}"`, found.hint);
  return new SeveralAssets(plain(reference), found.found.map(({ asset: { state }, by }) => ({ id: state.id, name: typeof state.attributes['name'] === 'string' ? state.attributes['name'] : null, class: state.assetClass ?? null, stage: state.stage, by })));
}
