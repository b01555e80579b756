import { SyncService } from '../../sync/sync.service.js';
import { OperationQueries } from '../../queries/operation-queries.service.js';
import { Progress } from '../render/progress.js';
import { isFailure, renderRunNotes, renderRuns } from '../render/runs.js';
import { count } from '../render/text.js';
import { renderTargetNotes, renderTargets } from '../render/push.js';
import type { TargetReport } from '../../push/push.service.js';
import type { Run } from '../verb.js';

/** A first look back at what was just written; later ones are the next command's. */
const PATIENCE_MS = 5_000;

/** A target that is in order and was owed nothing needs no line. */
const isWorthTelling = ({ status, counts, left }: TargetReport): boolean => status !== 'done' || Object.values(counts).some((n) => n > 0) || Object.keys(left).length > 0;

export const sync: Run = async (session, [names], options) => session.write(async (app) => {
  const { out, io } = session;
  const progress = new Progress(out, io.clock);
  const report = await app.get(SyncService).sync({
    ...(names.length > 0 && { sources: names as string[] }), full: options['full'] === true, ...(options['stream'] !== undefined && { stream: options['stream'] as string }), onProgress: progress.on, push: options['push'] !== false, patienceMs: PATIENCE_MS,
  });
  await out.clearStatus();
  if (out.json) await out.document(report);
  else if (report.runs.length > 0) await out.line(renderRuns(report.runs, out.style, { withStreams: true }));
  if (!out.json && report.targets && report.targets.some(isWorthTelling)) await out.line(`\n${renderTargets(report.targets, out.style)}`);
  const notes = [renderRunNotes(report.runs, out.talkStyle), renderTargetNotes((report.targets ?? []).filter(isWorthTelling), out.talkStyle)].filter((each) => each !== '').join('\n');
  if (notes !== '') await out.talk(notes);
  const reviews = await app.get(OperationQueries).openReviews();
  if (reviews > 0) await out.talk(`${count(reviews, 'review waits', 'reviews wait')} for a person: \`lockstep reviews list\``);
  return report.runs.some(isFailure) || report.targets?.some(({ status, counts }) => status === 'failed' || counts.failed > 0) || session.signal.aborted ? 1 : 0;
});
