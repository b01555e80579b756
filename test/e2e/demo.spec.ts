import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFleet, type FleetOddity, type SandboxModule } from '../../connectors/sdk/sandbox/index.js';
import type { DemoDocument } from '../../src/cli/demo-document.js';
import { nodeIo, type Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import { bundledFolder } from '../../src/sources/catalogue.js';

/** A terminal that nobody sits at: what is written is kept, and Ctrl-C can be pressed. */
class Desk {
  readonly written = { out: '', err: '' };
  private readonly listeners = new Set<() => void>();
  private waiting: { readonly text: string; readonly found: () => void }[] = [];
  readonly io: Io = {
    ...nodeIo(), cwd: '/', env: {}, user: 'tester', stdout: this.sink('out'), stderr: this.sink('err'), stdin: { isTTY: false, text: () => Promise.resolve(''), line: () => Promise.resolve('') },
    onInterrupt: (listener) => {
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
    abandon: (code) => { throw new Error(`abandoned with ${code}`); },
  };

  interrupt(): void {
    for (const listener of this.listeners) listener();
  }

  /** Resolves when the text has been written to stdout. */
  sees(text: string): Promise<void> {
    return new Promise((found) => { this.waiting.push({ text, found }); this.look(); });
  }

  private look(): void {
    this.waiting = this.waiting.filter(({ text, found }) => {
      if (!this.written.out.includes(text)) return true;
      found();
      return false;
    });
  }

  private sink(name: 'out' | 'err'): Io['stdout'] {
    return { isTTY: false, columns: 100, write: (text) => { this.written[name] += text; this.look(); return Promise.resolve(); } };
  }
}

/** Everything that the sandboxes of this seed hold secret from their beginning. */
async function secretsOfAll(): Promise<readonly string[]> {
  const secrets: string[] = [];
  for (const { name } of (await readdir(bundledFolder(), { withFileTypes: true })).filter((entry) => entry.isDirectory())) {
    const entry = join(bundledFolder(), name, 'sandbox', 'index.ts');
    if (name === 'sdk' || !existsSync(entry)) continue;
    const { sandbox } = await import(entry) as { sandbox: SandboxModule };
    const started = await sandbox.start({ seed: 1 });
    secrets.push(...started.secrets());
    await started.close();
  }
  return secrets;
}

const MINUTE = 60_000;

describe('demo --once', () => {
  const desk = new Desk();
  let code: number;
  let told: DemoDocument;

  beforeAll(async () => {
    code = await run(['demo', '--once', '--json'], desk.io);
    told = JSON.parse(desk.written.out) as DemoDocument;
  }, 2 * MINUTE);

  it('ends by itself, with one object and nothing else said', () => {
    expect({ code, err: desk.written.err, lines: desk.written.out.trimEnd().split('\n').length, ok: told.ok }).toEqual({ code: 0, err: '', lines: 1, ok: true });
  });

  it('reads every source whole', () => {
    expect(told.checks.map(({ source, ok }) => ({ source, ok }))).toEqual(told.sources.map(({ name }) => ({ source: name, ok: true })));
    expect(told.firstSync.runs.map(({ source, status }) => ({ source, status }))).toEqual(told.sources.map(({ name }) => ({ source: name, status: 'succeeded' })));
    expect([...new Set(told.sources.map(({ role }) => role))]).toEqual(['itsm', 'cloud', 'vulnerability', 'agent']);
  });

  it('makes of the records what exists, each thing once', () => {
    const fleet = createFleet({ size: 200, seed: 1 });
    const known = new Set((['itsm', 'cloud', 'agent'] as const).flatMap((role) => [...fleet.sightings(role)].map(({ asset }) => asset.key)));
    // The disk from which a machine starts goes when the machine is terminated.
    for (const { cloud } of fleet.assets()) if (cloud?.terminatedAt !== undefined) known.delete(cloud.volumes[0]?.key ?? '');

    expect(told.comparison).toEqual({ assets: known.size, things: known.size, records: expect.any(Number), misplaced: [] });
    expect(told.comparison.records).toBeGreaterThan(2 * known.size);
  });

  it('asks a person about every trap that needs one, and no other', () => {
    const fleet = createFleet({ size: 200, seed: 1 });
    const traps = (oddity: FleetOddity): number => [...fleet.assets()].filter(({ oddities }) => oddities.includes(oddity)).length;

    expect(Object.fromEntries(told.reviews.kinds.map(({ kind, open }) => [kind, open]))).toEqual({ duplicate_in_source: traps('duplicate_in_itsm'), spoilt_serial: traps('clone'), contested_value: 1 });
    expect(told.oddities.clone?.clone.id).not.toBe(told.oddities.clone?.original.id);
    expect(told.oddities.swap).toMatchObject({ asset: { name: 'db-ledger-01.corp.example.com' }, flags: ['changed_component'] });
    expect(new Set(told.oddities.swap?.said.map(({ identifier }) => identifier)).size).toBe(2);
    expect(told.oddities.duplicate?.records.length).toBe(2);
    expect(told.oddities.junk?.assets.length).toBe(traps('junk_serial'));
  });

  it('explains an asset of four systems, with winners and losers', () => {
    const { records, attributes, identity } = told.explained!.explanation;

    expect(new Set(records.map((record) => record.split('/')[0])).size).toBe(4);
    expect(attributes['memory_mb']?.losers.some(({ value }) => value !== attributes['memory_mb']?.value)).toBe(true);
    expect(identity.filter(({ state }) => state === 'linked').length).toBeGreaterThan(0);
  });

  it('writes nothing when nothing has changed', () => {
    expect(told.written).toEqual({ assets: 0, changes: 0, versions: 0 });
    expect(told.secondSync.runs.map(({ status, assets, streams }) => ({ status, assets, changed: Object.values(streams).reduce((sum, { changed }) => sum + changed, 0) })))
      .toEqual(told.sources.map(() => ({ status: 'succeeded', assets: { created: 0, updated: 0, merged: 0, retired: 0 }, changed: 0 })));
  });

  it('takes over what somebody edits where that system counts, and says what caused it', () => {
    const { source, sync, values, history } = told.edit!;
    const run = sync.runs.find((each) => each.source === source);

    // One edit can show in two records of a system, an asset and its CI, and each of them updates the asset.
    expect(run?.assets).toMatchObject({ created: 0, merged: 0, retired: 0 });
    expect([1, 2]).toContain(run?.assets.updated);
    expect(values.find(({ attribute }) => attribute === 'warranty_expires_on')).toMatchObject({ taken: true });
    expect(values.find(({ attribute }) => attribute === 'os_version')).toMatchObject({ taken: false, standing: { source: 'inventory' } });
    expect(history.map(({ attribute, cause }) => ({ attribute, cause }))).toContainEqual({ attribute: 'warranty_expires_on', cause: { kind: 'run', run: run?.id, source } });
    expect(history.some(({ attribute }) => attribute === 'os_version')).toBe(false);
  });

  it('writes a move at one desk to the other, and reads it back', () => {
    const { targets, aligned, retired } = told.push!;

    expect(targets.length).toBeGreaterThan(1);
    expect(aligned).toEqual({ records: 0, reviews: [], written: 0 });
    expect(retired.written.map(({ outcome, target, differences }) => ({ outcome, target, fields: differences.map(({ field }) => field) })))
      .toEqual([{ outcome: 'verified', target: targets.find((target) => target !== retired.source), fields: ['stage'] }]);
  });

  it('keeps what it owes to a desk that lets nobody in, and writes it once', () => {
    const { owed, written } = told.push!.down;

    expect(owed).toBe(1);
    expect(written.map(({ outcome }) => outcome)).toEqual(['verified']);
  });

  it('retires at every desk what a cloud ended, as of a day after its end', () => {
    const { source, written, history } = told.push!.cloud!;

    expect([...new Set(written.map(({ target }) => target))].sort()).toEqual([...told.push!.targets].sort());
    expect([...new Set(written.map(({ outcome }) => outcome))]).toEqual(['verified']);
    expect(history[0]).toMatchObject({ before: 'in_use', after: 'retired', cause: { kind: 'rule', rule: 'built-in:gone', source } });
    const behind = Date.parse(history[0]!.at) - Date.parse(history[0]!.move!.at);
    expect(Math.abs(behind - 24 * 60 * MINUTE)).toBeLessThan(MINUTE);
  });

  it('finds a write that was accepted and ignored, gives it up with the likely cause, and writes it when asked again', () => {
    const { written, letter, cured } = told.push!.ignored;

    expect(written.map(({ outcome, generation }) => ({ outcome, generation }))).toEqual([{ outcome: 'verified', generation: 2 }, { outcome: 'reverted', generation: 1 }]);
    expect(letter).toMatchObject({ state: 'dead', reason: 'the target accepted stage and still shows the old value' });
    expect(written[1]?.answer).toMatchObject({ likelyCause: expect.stringMatching(/rule/) });
    expect(cured).toEqual(written.slice(0, 1));
  });

  it('loads the real vulnerabilities, with the sentence that their owner asks for', () => {
    expect(told.vulnerabilities).toMatchObject({ records: 191, knownExploited: 3, notices: ['This product uses data from the NVD API but is not endorsed or certified by the NVD.'] });
  });

  it('prints no secret', async () => {
    const secrets = await secretsOfAll();

    expect(secrets.length).toBeGreaterThan(4);
    expect(secrets.filter((secret) => desk.written.out.includes(secret) || desk.written.err.includes(secret))).toEqual([]);
  });
});

describe('demo', () => {
  it('stays up for other commands until Ctrl-C, then leaves nothing behind', async () => {
    const desk = new Desk();
    const ended = run(['demo'], desk.io);
    await Promise.race([desk.sees('The systems stay up until Ctrl-C'), ended.then((code) => { throw new Error(`ended with ${code}: ${desk.written.err}`); })]);

    const config = /^ *export LOCKSTEP_CONFIG=(\S+)$/m.exec(desk.written.out)?.[1] ?? '';
    const folder = dirname(config);
    const secrets = await readdir(join(folder, 'secrets'));
    expect(secrets.length).toBeGreaterThan(0);
    for (const name of secrets) expect({ name, mode: (statSync(join(folder, 'secrets', name)).mode & 0o777).toString(8) }).toEqual({ name, mode: '600' });
    const other = new Desk();
    expect(await run(['assets', 'explain', 'app-payments-01', '--config', config], other.io)).toBe(0);
    expect(other.written.out).toContain('app-payments-01.corp.example.com');
    const third = new Desk();
    expect({ code: await run(['sync', '--json', '--config', config], third.io), err: third.written.err }).toMatchObject({ code: 0 });
    expect((JSON.parse(third.written.out) as { runs: { assets: object }[] }).runs.map(({ assets }) => assets)).toEqual(Array(5).fill({ created: 0, updated: 0, merged: 0, retired: 0 }));
    expect(existsSync(folder)).toBe(true);

    desk.interrupt();

    expect(await ended).toBe(0);
    expect(existsSync(folder)).toBe(false);
    expect(desk.written.err).toBe('');
    expect(desk.written.out).toContain('Everything is ended');
    expect(desk.written.out).not.toMatch(/\u001b|undefined|NaN|\[object/);
    expect(Math.max(...desk.written.out.split('\n').filter((line) => !/auth:|export|bios_uuid/.test(line)).map((line) => line.length))).toBeLessThanOrEqual(150);
  }, 2 * MINUTE);

  it('ends without a trace when Ctrl-C comes in the middle', async () => {
    const desk = new Desk();
    const ended = run(['demo'], desk.io);
    await desk.sees('lockstep.yaml');
    const folder = dirname(/# (\S+lockstep\.yaml)/.exec(desk.written.out)?.[1] ?? '');
    desk.interrupt();

    expect(await ended).toBe(1);
    expect(existsSync(folder)).toBe(false);
  }, 2 * MINUTE);

  it('takes no configuration: it writes one', async () => {
    const desk = new Desk();

    expect(await run(['demo', '--config', 'lockstep.yaml'], desk.io)).toBe(2);
    expect(desk.written.err).toContain('takes no --config');
  });
});
