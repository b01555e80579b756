import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { Database } from '../../../src/database/database.js';
import { createTestDatabase, type TestDatabase } from '../mariadb.js';
import { look } from './look.js';
import { complaintsOf, countsOf } from '../model-checks.js';
import { modelDifferences, readModel, type ComparedModel } from '../model-compare.js';
import { compiledConnector, killedAfter, startLockstep, type Child, type Ended, type StartOptions } from './children.js';
import { WorldFolder } from './world-folder.js';

export type DatabaseKind = 'sqlite' | 'mysql';

/** Other rules than a world was loaded under: values change hands, and assets part. */
export const OTHER_RULES = 'authority: { default: [gamma, beta, alpha] }\nidentity: { rules: { hardware: { link: [serial], attach: [], suggest: [hostname] } } }\n';

/** What `sync --json` prints, as far as the kills ask for it. */
interface SyncJson {
  readonly runs: readonly { readonly id: string; readonly source: string; readonly status: string; readonly resumedFrom?: string; readonly error?: { readonly code: string; readonly message: string } }[];
}

/** One database with a world beside it, worked on by processes only. */
export class KillStage {
  private constructor(readonly kind: DatabaseKind, readonly folder: WorldFolder, private readonly mysql?: TestDatabase) {}

  /** `place`: another server than the suite's own, or another file than one in the world's folder. */
  static async open(kind: DatabaseKind, size: { readonly seed: number; readonly assets: number; readonly pageSize?: number }, place?: string): Promise<KillStage> {
    const mysql = kind === 'mysql' ? await createTestDatabase(place) : undefined;
    return new KillStage(kind, new WorldFolder(size, mysql?.url ?? (place && `sqlite:${place}`), compiledConnector()), mysql);
  }

  async close(): Promise<void> {
    this.folder.remove();
    await this.mysql?.drop();
  }

  private args(command: readonly string[]): string[] {
    return [...command, '--json', '--config', this.folder.config];
  }

  private with({ env, ...options }: StartOptions): StartOptions {
    return { ...options, env: { ...this.folder.env, ...env } };
  }

  start(command: readonly string[] = ['sync'], options: StartOptions = {}): Child {
    return startLockstep(this.args(command), this.with(options));
  }

  run(command: readonly string[] = ['sync'], options: StartOptions = {}): Promise<Ended> {
    return this.start(command, options).ended;
  }

  /** Kills it after `ms`; a process that was faster is told apart by its code. */
  kill(ms: number, command: readonly string[] = ['sync'], options: StartOptions = {}): Promise<Ended> {
    return killedAfter(ms, this.args(command), this.with(options));
  }

  /** To the end, whatever the command is. */
  async succeed(command: readonly string[], options?: StartOptions): Promise<Ended> {
    const ended = await this.run(command, options);
    if (ended.code !== 0) throw new Error(`${command.join(' ')}, which had to heal, ended with ${ended.signal ?? ended.code}: ${ended.stdout.slice(0, 2_000)}\n${ended.stderr.slice(-2_000)}`);
    return ended;
  }

  /** To the end: every source succeeds. */
  async finish(command: readonly string[] = ['sync'], options?: StartOptions): Promise<SyncJson & { readonly ms: number }> {
    const ended = await this.succeed(command, options);
    const report = JSON.parse(ended.stdout) as SyncJson;
    const bad = report.runs.filter((run) => run.status !== 'succeeded');
    if (bad.length > 0) throw new Error(`the run that had to heal: ${JSON.stringify(bad)}`);
    return { ...report, ms: ended.ms };
  }

  private look<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return look(this.folder.url, work);
  }

  model(): Promise<ComparedModel> {
    return this.look(readModel);
  }

  counts(): Promise<Record<string, number>> {
    return this.look(countsOf);
  }

  /** Everything that is wrong, against the model of the run that nobody disturbed. */
  oracle(expected: ComparedModel): Promise<string[]> {
    return this.look(async (database) => [...modelDifferences(expected, await readModel(database)), ...(await complaintsOf(database))]);
  }

  /** Everything that is wrong in itself. `settled: false`: although a run may not be over. */
  complaints(options?: { readonly settled?: boolean }): Promise<string[]> {
    return this.look((database) => complaintsOf(database, options));
  }

  /** As if their time were over: a process that was stopped for so long holds them no more, and does not know it. */
  async expireLeases(): Promise<void> {
    const database = await Database.open({ url: this.folder.url });
    await database.transaction((tx) => tx.execute('UPDATE leases SET expires_at = 1 WHERE holder IS NOT NULL'));
    await database.close();
  }

  /** SQLite only: somebody has made the file. */
  get isMade(): boolean {
    return existsSync(this.folder.file);
  }

  /** The status of each run, oldest first. */
  statuses(): Promise<string[]> {
    return this.look((database) => database.read(async (tx) => (await tx.query('SELECT status FROM runs ORDER BY seq')).map((row) => row['status'] as string)));
  }

  /** SQLite only: the file as `from` left it when it was closed, before anybody read it. */
  copyFrom(from: KillStage): void {
    for (const suffix of ['', '-wal', '-shm', '.lock']) rmSync(`${this.folder.file}${suffix}`, { force: true });
    if (existsSync(`${from.folder.file}-wal`)) throw new Error('the file to copy is still open');
    copyFileSync(from.folder.file, this.folder.file);
  }
}
