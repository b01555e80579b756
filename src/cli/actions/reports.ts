import { parseDuration } from '../../core/expressions/durations.js';
import { ContradictionQueries, type ContradictionDocument } from '../../queries/contradictions.service.js';
import { usage } from '../failures.js';
import { renderContradictions } from '../render/reports.js';
import { plain } from '../render/text.js';
import type { Run } from '../verb.js';

const SILENT_AFTER = '30d';
/** More are counted, and --json has them all. */
const SHOWN = 200;

export const contradictions: Run = async (session, _args, options) => session.read(async (app) => {
  const { out, io } = session;
  const text = (options['silentAfter'] as string | undefined) ?? SILENT_AFTER;
  const silentAfterMs = parseDuration(text);
  if (silentAfterMs === undefined) throw usage(`--silent-after takes a duration such as 14d, not "${plain(text)}"`);
  const shown: ContradictionDocument[] = [];
  let all = 0;
  for await (const finding of app.get(ContradictionQueries).list(silentAfterMs)) {
    all++;
    if (out.json) await out.document(finding);
    else if (shown.length < SHOWN) shown.push(finding);
  }
  if (shown.length > 0) await out.line(renderContradictions(shown, io.clock.now(), out.style));
  if (!out.json) await out.talk(all === 0 ? 'every stage fits what is observed.' : all > shown.length ? `the first ${shown.length} of ${all} (--json has them all)` : `${all} in all; \`lockstep assets explain <asset> stage\` says whence a stage comes`);
});
