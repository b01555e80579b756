import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KillStage } from '../support/child/kill-stage.js';
import { seedOf, worldSize } from '../support/child/sizes.js';
import type { Ended } from '../support/child/children.js';
import type { ComparedModel } from '../support/model-compare.js';

/** A disk of its own, which can be made larger or read-only. Undefined where this user may not mount one. */
class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'lockstep-disk-'));

  static mount(size: string): SmallDisk | undefined {
    const disk = new SmallDisk();
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'lockstep-test', disk.path]).status === 0) return disk;
    rmSync(disk.path, { recursive: true });
    return undefined;
  }

  remount(options: string): void {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${options}`, this.path], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`remount,${options}: ${stderr}`);
  }

  unmount(): void {
    spawnSync('umount', [this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Root writes wherever it likes, but not without this right. */
const AS_ANYBODY = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search'] : [];

/** What a process does when its machine has no more to give: it says so, breaks nothing, and the next one goes on when there is more. */
describe('a machine that is at its end', () => {
  const size = { seed: seedOf('limits') % 1_000, assets: Math.min(worldSize(), 800) };
  let loaded: KillStage;
  let models: readonly [ComparedModel, ComparedModel];

  beforeAll(async () => {
    loaded = await KillStage.open('sqlite', size);
    await loaded.finish();
    const after = await KillStage.open('sqlite', size);
    after.copyFrom(loaded);
    const first = await after.model();
    after.folder.see(1);
    await after.finish();
    models = [first, await after.model()];
    await after.close();
  });
  afterAll(() => loaded.close());

  const expectTold = (ended: Ended, words: RegExp): void => {
    const said = `${ended.stdout}${ended.stderr}`;
    expect({ code: ended.code, said }).toEqual({ code: 1, said: expect.stringMatching(words) });
    expect(said).not.toMatch(/nobody foresaw|^\s+at .*:\d+:\d+/m);
  };

  it('a file that may grow no further', async () => {
    const stage = await KillStage.open('sqlite', size);
    expectTold(await stage.run(['sync'], { through: ['prlimit', `--fsize=${1_500_000}`] }), /the disk cannot be read or written \(SQLITE_IOERR/);
    expect((await stage.complaints({ settled: false }))).toEqual([]);

    await stage.finish();
    expect(await stage.oracle(models[0])).toEqual([]);
    await stage.close();
  });

  it('a full disk', async () => {
    const disk = SmallDisk.mount('2m');
    const stage = await KillStage.open('sqlite', size, disk && join(disk.path, 'lockstep.db'));
    try {
      const ended = await stage.run(['sync'], disk ? {} : { through: ['prlimit', `--fsize=${2_000_000}`] });
      expectTold(ended, disk ? /the disk is full/ : /the disk cannot be read or written \(SQLITE_IOERR/);

      disk?.remount('size=64m');
      expect(await stage.complaints({ settled: false })).toEqual([]);
      await stage.finish();
      expect(await stage.oracle(models[0])).toEqual([]);
    } finally {
      await stage.close();
      disk?.unmount();
    }
  });

  it.each(['file', 'folder', 'disk'])('a read-only %s', async (what) => {
    const disk = what === 'disk' ? SmallDisk.mount('64m') : undefined;
    const stage = await KillStage.open('sqlite', size, disk && join(disk.path, 'lockstep.db'));
    const before = what === 'file' ? stage.folder.file : stage.folder.path;
    try {
      stage.copyFrom(loaded);
      stage.folder.see(1);
      if (disk) disk.remount('ro');
      else chmodSync(before, what === 'file' ? 0o444 : 0o555);
      expectTold(await stage.run(['sync'], { through: AS_ANYBODY }), /the database file cannot be written/);

      if (disk) disk.remount('rw');
      else chmodSync(before, 0o755);
      await stage.finish();
      expect(await stage.oracle(models[1])).toEqual([]);
    } finally {
      await stage.close();
      disk?.unmount();
    }
  });

  it('64 open files', async () => {
    const stage = await KillStage.open('sqlite', size);
    stage.copyFrom(loaded);
    stage.folder.see(1);
    expectTold(await stage.run(['sync'], { through: ['prlimit', '--nofile=64:64'] }), /no more files may be opened|ulimit -n/);

    await stage.finish(['sync'], { through: ['prlimit', '--nofile=256:256'] });
    expect(await stage.oracle(models[1])).toEqual([]);
    await stage.close();
  });

  it('256 MB of memory, which is enough', async () => {
    const stage = await KillStage.open('sqlite', { ...size, assets: worldSize() });
    await stage.finish(['sync'], { env: { NODE_OPTIONS: '--max-old-space-size=256' } });
    expect(await stage.complaints()).toEqual([]);
    await stage.close();
  });

  it('so little memory that the process dies', async () => {
    const stage = await KillStage.open('sqlite', size);
    stage.copyFrom(loaded);
    stage.folder.see(1);
    const ended = await stage.run(['sync'], { env: { NODE_OPTIONS: '--max-old-space-size=32' } });
    expect({ ended: ended.signal ?? ended.code, said: ended.stderr }).toEqual({ ended: expect.anything(), said: expect.stringMatching(/heap out of memory/) });

    await stage.finish();
    expect(await stage.oracle(models[1])).toEqual([]);
    await stage.close();
  });
});
