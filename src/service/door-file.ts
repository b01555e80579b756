import { readLocalToken, type LocalAccess } from '../api/auth/local-token.js';
import { isRunning } from '../database/processes.js';

/** Where the service that holds a database file takes commands, and the token that opens: only who may read the file may use it. Undefined: no service runs, or one that died left its file. */
export function readDoor(path: string): LocalAccess | undefined {
  const door = readLocalToken(path);
  return door && isRunning(door.pid, '') ? door : undefined;
}
