import type { Finding } from '../../upkeep/doctor/finding.js';
import type { Style } from '../style.js';
import { count, plain } from './text.js';

export function doctorLine({ subject, outcome, message, next }: Finding, style: Style): string {
  const mark = outcome === 'ok' ? style.green('ok     ') : outcome === 'warning' ? style.yellow('warning') : style.red('failed ');
  return `  ${mark}  ${subject === undefined ? '' : `${plain(subject)}: `}${plain(message, 600)}${next === undefined ? '' : `\n           ${style.dim('next')} ${plain(next, 600)}`}`;
}

export function doctorSummary(findings: readonly Finding[]): string {
  const [failed, warnings] = ['failed', 'warning'].map((outcome) => findings.filter((finding) => finding.outcome === outcome).length) as [number, number];
  if (failed > 0) return `${count(failed, 'thing')} failed${warnings > 0 ? `, ${count(warnings, 'warning')}` : ''}.`;
  return warnings > 0 ? `Nothing failed, ${count(warnings, 'warning')}.` : 'All is well.';
}
