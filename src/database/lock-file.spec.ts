import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { LockFile, LockHeldError } from './lock-file.js';

describe('LockFile', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-lock-'));
    path = join(folder, 'db.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const waits: number[] = [];
  const wait = async (ms: number): Promise<void> => void waits.push(ms);

  it('waits as long as it is told, then names the holder', async () => {
    await LockFile.take(path, 'lockstep sync', 0, wait);
    waits.length = 0;

    const refused = LockFile.take(path, 'lockstep sync', 1_000, wait);

    await expect(refused).rejects.toThrow(LockHeldError);
    await expect(refused).rejects.toMatchObject({ holder: 'lockstep sync', pid: process.pid });
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(1_000);
  });

  it('takes a dead holder’s lock', async () => {
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, started: '1', host: hostname(), what: 'gone' }));

    await LockFile.take(path, 'next', 0, wait);

    expect(existsSync(path)).toBe(true);
  });

  it('takes the lock of a process whose number is used again', async () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'another start', host: hostname(), what: 'gone' }));

    await expect(LockFile.take(path, 'next', 0, wait)).resolves.toBeDefined();
  });

  it('is gone when released, and only by its owner', async () => {
    const lock = await LockFile.take(path, 'first', 0, wait);
    lock.release();
    const next = await LockFile.take(path, 'second', 0, wait);
    lock.release();

    expect(existsSync(path)).toBe(true);
    next.release();
    expect(existsSync(path)).toBe(false);
  });
});
