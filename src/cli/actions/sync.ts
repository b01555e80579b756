import { SyncService } from '../../sync/sync.service.js';
import { OperationQueries } from '../../queries/operation-queries.service.js';
import { Progress } from '../render/progress.js';
import { isFailure, renderRunNotes, renderRuns } from '../render/runs.js';
import { count } from '../render/text.js';
import type { Run } from '../verb.js';

export const sync: Run = async (session, [names], options) => session.write(async (app) => {
  const { out, io } = session;
  const progress = new Progress(out, io.clock);
  const report = await app.get(SyncService).sync({
    ...(names.length > 0 && { sources: names as string[] }), full: options['full'] === true, ...(options['stream'] !== undefined && { stream: options['stream'] as string }), onProgress: progress.on,
  });
  await out.clearStatus();
  if (out.json) await out.document(report);
  else if (report.runs.length > 0) await out.line(renderRuns(report.runs, out.style, { withStreams: true }));
  const notes = renderRunNotes(report.runs, out.talkStyle);
  if (notes !== '') await out.talk(notes);
  const reviews = await app.get(OperationQueries).openReviews();
  if (reviews > 0) await out.talk(`${count(reviews, 'review waits', 'reviews wait')} for a person: \`lockstep reviews list\``);
  return report.runs.some(isFailure) || session.signal.aborted ? 1 : 0;
});
