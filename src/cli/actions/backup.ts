import { resolve } from 'node:path';
import { BackupService } from '../../engine/backup.service.js';
import type { Run } from '../verb.js';

/** Reads only, so nobody has to stop for it. */
export const backup: Run = async (session, [file]) => session.read(async (app) => {
  const { out, io } = session;
  const report = await app.get(BackupService).backup(resolve(io.cwd, file as string));
  if (out.json) await out.document(report);
  else await out.line(`written to ${report.path}${report.inbox === undefined ? '' : `, with the deliveries that wait in ${report.inbox}`}`);
});
