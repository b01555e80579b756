import type { Style } from '../style.js';
import { renderTold, reported, type ReportedError } from './error.js';
import { table } from './table.js';
import { count, numberText, plain, spanText, timeText } from './text.js';

/** A run's report, as `sync` gives it and as the store keeps it. */
export interface ReportedRun {
  readonly id?: string;
  readonly source: string;
  readonly mode: string;
  readonly status: string;
  readonly streams?: { readonly [name: string]: { readonly read: number; readonly unchanged: number; readonly changed: number; readonly quarantined: number; readonly filtered?: number; readonly tombstoned: number } };
  readonly assets?: { readonly created: number; readonly updated: number; readonly merged: number; readonly retired: number };
  readonly reviews?: number;
  readonly uncoveredScopes?: readonly { readonly stream?: string; readonly scope: string; readonly reason?: string }[];
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly warnings?: readonly string[];
  readonly error?: ReportedError;
}

export function statusText(status: string, style: Style): string {
  if (status === 'succeeded' || status === 'ok') return style.green(status);
  if (status === 'failed' || status === 'failing') return style.red(status);
  return status === 'skipped' || status === 'running' || status === 'never ran' ? status : style.yellow(status);
}

/** Runs that make the command fail: held sets and reviews are none. */
export const isFailure = ({ status }: { readonly status: string }): boolean => status !== 'succeeded' && status !== 'skipped';

export function renderRuns(runs: readonly ReportedRun[], style: Style, options: { readonly withStreams?: boolean; readonly withIds?: boolean } = {}): string {
  const rows = runs.flatMap((run) => {
    const streams = Object.entries(run.streams ?? {});
    const sum = (pick: (stream: (typeof streams)[number][1]) => number): number => streams.reduce((total, [, stream]) => total + pick(stream), 0);
    const { created = 0, updated = 0, merged = 0, retired = 0 } = run.assets ?? {};
    const took = run.finishedAt === null ? '-' : spanText(Date.parse(run.finishedAt) - Date.parse(run.startedAt));
    const own = [
      style.bold(plain(run.source)), run.mode, statusText(run.status, style), ...[sum((s) => s.read), sum((s) => s.changed), sum((s) => s.unchanged), sum((s) => s.quarantined), sum((s) => s.tombstoned)].map(numberText),
      `+${numberText(created)} ~${numberText(updated)} -${numberText(retired)}${merged > 0 ? ` merged ${numberText(merged)}` : ''}`, numberText(run.reviews ?? 0), took,
    ];
    const head = options.withIds ? [style.dim(run.id ?? '-'), timeText(run.startedAt), ...own] : own;
    const lead = options.withIds ? ['', ''] : [];
    const parts = options.withStreams && streams.length > 1 ? streams.map(([name, s]) => [...lead, style.dim(`  ${plain(name)}`), '', '', ...[s.read, s.changed, s.unchanged, s.quarantined, s.tombstoned].map((n) => style.dim(numberText(n))), '', '', '']) : [];
    return [head, ...parts];
  });
  const right = (head: string) => ({ head, align: 'right' as const });
  return table([...(options.withIds ? [{ head: 'RUN' }, { head: 'STARTED' }] : []), { head: 'SOURCE' }, { head: 'MODE' }, { head: 'STATUS' }, right('READ'), right('CHANGED'), right('SAME'), right('QUARANTINED'), right('GONE'), { head: 'ASSETS' }, right('REVIEWS'), right('TOOK')], rows, style);
}

/** What the table has no room for: failures, uncovered scopes, warnings. */
export function renderRunNotes(runs: readonly ReportedRun[], style: Style): string {
  const lines: string[] = [];
  for (const run of runs) {
    if (run.error) lines.push(renderTold(reported(run.error, run.source), style, `${run.source} ${run.status}`));
    for (const { stream, scope, reason } of run.uncoveredScopes ?? []) lines.push(`${style.yellow('not covered:')} ${plain([run.source, stream, scope].filter((each) => each).join(' / '))}${reason ? `: ${plain(reason)}` : '; nothing there counts as missing'}`);
    for (const warning of run.warnings ?? []) lines.push(`${style.yellow('warning:')} ${plain(run.source)}: ${plain(warning, 500)}`);
    const quarantined = Object.values(run.streams ?? {}).reduce((total, stream) => total + stream.quarantined, 0);
    if (quarantined > 0) lines.push(`${style.yellow('quarantined:')} ${count(quarantined, 'record')} of ${plain(run.source)}: \`lockstep quarantine list --source ${plain(run.source)}\` says why`);
  }
  return lines.join('\n');
}
