import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PlanService } from '../../plan/plan.service.js';
import { usage } from '../failures.js';
import { Progress } from '../render/progress.js';
import { renderPlan } from '../render/plan.js';
import { isFailure, renderRunNotes } from '../render/runs.js';
import type { Run } from '../verb.js';

export const plan: Run = async (session, [names], options) => {
  const { out, io } = session;
  if (options['rules'] && (names.length > 0 || options['full'] || options['stream'] !== undefined)) throw usage('--rules asks no source, so it takes no source names, no --full and no --stream');
  return session.interruptible(async () => {
    const service = new PlanService(await session.engineOptions());
    const progress = new Progress(out, io.clock);
    const report = await service.plan({
      ...(names.length > 0 && { sources: names as string[] }), full: options['full'] === true, rules: options['rules'] === true,
      ...(options['stream'] !== undefined && { stream: options['stream'] as string }), onProgress: progress.on,
    });
    await out.clearStatus();
    if (options['out'] !== undefined) {
      const file = resolve(io.cwd, options['out'] as string);
      writeFileSync(file, `${JSON.stringify(report)}\n`);
      await out.talk(`written to ${file}`);
    }
    if (out.json) await out.document(report);
    else await out.line(renderPlan(report, out.style, options['all'] === true));
    const notes = renderRunNotes(report.runs, out.talkStyle);
    if (notes !== '') await out.talk(notes);
    if (report.runs.some(isFailure) || session.signal.aborted) return 1;
    return options['detailedExitcode'] && report.changes.length > 0 ? 3 : 0;
  });
};
