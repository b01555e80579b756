import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../../src/database/database.js';
import { createTestDatabase, type TestDatabase } from '../mariadb.js';
import { look } from './look.js';
import { complaintsOf } from '../model-checks.js';
import { modelDifferences, readModel, type ComparedModel } from '../model-compare.js';
import { killedAfter, productFolder, startLockstep, type Ended, type StartOptions } from './children.js';
import { Desk, type DeskLine } from './desk-connector.js';
import type { DatabaseKind } from './kill-stage.js';
import { randomOf } from './world.js';

const SEEDED_AT = Date.UTC(2026, 0, 5);

/** Two desks that hold the same machines, the second a target that is created into as well; worked on by processes only. */
export class PushStage {
  readonly path = mkdtempSync(join(tmpdir(), 'lockstep-push-'));
  readonly config = join(this.path, 'lockstep.yaml');
  readonly alpha = new Desk(this.path, 'alpha');
  readonly beta = new Desk(this.path, 'beta');
  private readonly url: string;

  private constructor(kind: DatabaseKind, private readonly size: { readonly seed: number; readonly assets: number }, private readonly mysql?: TestDatabase) {
    this.url = mysql?.url ?? `sqlite:${join(this.path, 'lockstep.db')}`;
    const connector = join(productFolder(), 'test/support/child/desk-connector.js');
    const source = (push: string): string => `{ connector: "${connector}", auth: { method: none }, safety: { maxChangeRatio: 1, minChanges: 1000000 }${push} }`;
    writeFileSync(this.config, `version: 1\nenvironment: { name: test, writes: on }\ndatabase: { url: "\${env:LOCKSTEP_TEST_DATABASE}" }\nsources:\n  alpha: ${source('')}\n  beta: ${source(', push: { enabled: true, fields: [stage, location], mode: upsert, maxPushRatio: 1 }')}\n`);
    const random = randomOf(size.seed);
    for (let no = 0; no < size.assets; no++) {
      const fields = { status: 'A', name: `pc-${no}`, serial_number: `SN${String(no).padStart(6, '0')}`, location: `Berlin ${no % 5}` };
      this.alpha.add({ by: 'seed', kind: 'put', id: `a${no}`, at: SEEDED_AT + no, fields });
      // One in eight is missing in the target: it is to be created, once.
      if (random() > 0.125) this.beta.add({ by: 'seed', kind: 'put', id: `b${no}`, at: SEEDED_AT + no, fields });
    }
    void kind;
  }

  static async open(kind: DatabaseKind, size: { readonly seed: number; readonly assets: number }): Promise<PushStage> {
    return new PushStage(kind, size, kind === 'mysql' ? await createTestDatabase() : undefined);
  }

  /** People work at the first desk: a third of the machines change their stage, a tenth move. */
  edit(): void {
    const random = randomOf(this.size.seed + 1);
    for (let no = 0; no < this.size.assets; no++) {
      const [moves, moved] = [random() < 0.33, random() < 0.1];
      if (moves || moved) this.alpha.add({ by: 'desk', kind: 'update', id: `a${no}`, at: SEEDED_AT + 86_400_000 + no, fields: { ...(moves && { status: no % 2 === 0 ? 'R' : 'M' }), ...(moved && { location: `Bonn ${no % 3}` }) } });
    }
  }

  private with({ env, ...options }: StartOptions): StartOptions {
    return { ...options, env: { LOCKSTEP_TEST_DATABASE: this.url, ...env } };
  }

  run(command: readonly string[] = ['sync'], options: StartOptions = {}): Promise<Ended> {
    return startLockstep([...command, '--json', '--config', this.config], this.with(options)).ended;
  }

  kill(ms: number): Promise<Ended> {
    return killedAfter(ms, ['sync', '--json', '--config', this.config], this.with({}));
  }

  async finish(): Promise<Ended> {
    const ended = await this.run();
    if (ended.code !== 0) throw new Error(`the sync that had to heal ended with ${ended.signal ?? ended.code}: ${ended.stdout.slice(0, 2_000)}\n${ended.stderr.slice(-2_000)}`);
    return ended;
  }

  private look<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return look(this.url, work);
  }

  model(): Promise<ComparedModel> {
    return this.look(readModel);
  }

  /** Rows of what must not grow when nothing is to be done. */
  counts(): Promise<Record<string, number>> {
    return this.look((database) => database.read(async (tx) => Object.fromEntries(await Promise.all(['changes', 'push_attempts', 'stage_moves', 'outbox'].map(async (table) => [table, Number((await tx.query(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.['n'])] as const)))));
  }

  /** What the target's own journal says, after `faults` faults: no double create, no lost update, at most one repetition a fault. */
  async oracle(expected: ComparedModel | undefined, faults: number): Promise<string[]> {
    const complaints = await this.look(async (database) => [
      ...(expected ? modelDifferences(named(expected), named(await readModel(database))) : []), ...(await complaintsOf(database)),
      ...(await database.read(async (tx) => (await tx.query(`SELECT target, asset_id, state, reason FROM outbox`)).map((row) => `still owed: ${JSON.stringify(row)}`))),
      ...(await database.read(async (tx) => (await tx.query(`SELECT id, outcome FROM push_attempts WHERE outcome IN ('sent', 'pending')`)).map((row) => `an attempt without an end: ${JSON.stringify(row)}`))),
      ...(await database.read(async (tx) => (await tx.query(`SELECT origin, to_stage FROM stage_moves WHERE origin LIKE 'beta/%'`)).map((row) => `an echo that moved: ${JSON.stringify(row)}`))),
    ]);
    const wanted = new Map([...this.alpha.rows().values()].map((row) => [row['serial_number'] as string, row]));
    const ours = this.beta.lines().filter((line) => line.by === 'lockstep');
    for (const row of this.beta.rows().values()) {
      const want = wanted.get(row['serial_number'] as string);
      if (want?.status !== row.status || want['location'] !== row['location']) complaints.push(`a lost update: ${JSON.stringify(row)} should be ${JSON.stringify(want)}`);
    }
    const bySerial = new Map<string, number>();
    for (const row of this.beta.rows().values()) bySerial.set(row['serial_number'] as string, (bySerial.get(row['serial_number'] as string) ?? 0) + 1);
    for (const [serial, count] of bySerial) if (count > 1) complaints.push(`created twice: ${serial}`);
    if (bySerial.size !== wanted.size) complaints.push(`${wanted.size - bySerial.size} were never created`);
    const repeated = repetitions(ours);
    // One a fault would be bearable; what is read before it is written needs none.
    if (repeated > 0) complaints.push(`${repeated} repeated updates after ${faults} faults`);
    return complaints;
  }

  async close(): Promise<void> {
    rmSync(this.path, { recursive: true, force: true });
    await this.mysql?.drop();
  }
}

/** Writes that say once more what the line before said of the same row. */
function repetitions(lines: readonly DeskLine[]): number {
  const last = new Map<string, string>();
  let count = 0;
  for (const { id, fields } of lines) {
    const text = JSON.stringify(fields);
    if (last.get(id) === text) count++;
    last.set(id, text);
  }
  return count;
}

/** What was created has an id by its asset, whose number depends on the order in which pages came. */
function named(model: ComparedModel): ComparedModel {
  return JSON.parse(JSON.stringify(model).replaceAll(/new-\d+-ast-[0-9a-z]+/g, 'new')) as ComparedModel;
}
