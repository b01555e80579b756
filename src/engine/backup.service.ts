import { existsSync } from 'node:fs';
import type { Engine } from './engine.js';
import { DatabaseError } from '../database/errors.js';
import { openInbox } from '../database/inbox.js';

export interface BackupReport {
  readonly formatVersion: 1;
  readonly path: string;
  /** Deliveries that had not been worked on; absent: they are in the copy of the database. */
  readonly inbox?: string;
}

/** A consistent copy beside a running service, with the deliveries that wait; restoring it is putting both in the place of the database and its inbox. */
export class BackupService {
  constructor(private readonly engine: Pick<Engine, 'database'>) {}

  async backup(path: string): Promise<BackupReport> {
    if (existsSync(path)) throw new DatabaseError(`${path} exists already`, 'name a file that does not exist: a backup overwrites nothing');
    const inboxPath = `${path}.inbox`;
    if (existsSync(inboxPath)) throw new DatabaseError(`${inboxPath} exists already`, 'name a file that does not exist: a backup overwrites nothing');
    // The model first: what was worked on in between is read again, and changes nothing.
    await this.engine.database.backupTo(path);
    const inbox = openInbox(this.engine.database);
    try {
      return { formatVersion: 1, path, ...((await inbox.backupTo(inboxPath)) && { inbox: inboxPath }) };
    } finally {
      await inbox.close();
    }
  }
}
