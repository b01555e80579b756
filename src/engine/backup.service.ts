import { existsSync } from 'node:fs';
import type { Engine } from './engine.js';
import { DatabaseError } from '../database/errors.js';

export interface BackupReport {
  readonly formatVersion: 1;
  readonly path: string;
}

/** A consistent copy beside a running service; restoring it is putting it in the database's place. */
export class BackupService {
  constructor(private readonly engine: Pick<Engine, 'database'>) {}

  async backup(path: string): Promise<BackupReport> {
    if (existsSync(path)) throw new DatabaseError(`${path} exists already`, 'name a file that does not exist: a backup overwrites nothing');
    await this.engine.database.backupTo(path);
    return { formatVersion: 1, path };
  }
}
