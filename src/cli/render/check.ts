import type { CheckFinding } from '../../../connectors/sdk/contract/index.js';
import type { Style } from '../style.js';
import { count, plain } from './text.js';

export interface CheckedSource {
  readonly source: string;
  readonly ok: boolean;
  readonly findings: readonly CheckFinding[];
}

export function findingLine({ what, outcome, message, hint, stream }: CheckFinding, style: Style): string {
  const mark = outcome === 'ok' ? style.green('ok     ') : outcome === 'warning' ? style.yellow('warning') : style.red('failed ');
  return `  ${mark}  ${stream === undefined ? '' : `${plain(stream)}: `}${plain(what)}: ${plain(message, 600)}${hint === undefined ? '' : `\n           ${style.dim('next')} ${plain(hint, 600)}`}`;
}

export function checkSummary(sources: readonly CheckedSource[]): string {
  const failed = sources.filter(({ ok }) => !ok);
  return failed.length === 0 ? `${count(sources.length, 'source')} can be read.` : `${failed.map(({ source }) => source).join(', ')} cannot be read as configured; ${sources.length - failed.length} of ${count(sources.length, 'source')} can.`;
}
