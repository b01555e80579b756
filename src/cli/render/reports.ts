import type { ContradictionDocument } from '../../queries/contradictions.service.js';
import type { Style } from '../style.js';
import { table } from './table.js';
import { agoText, plain, timeText } from './text.js';

export function renderContradictions(findings: readonly ContradictionDocument[], now: number, style: Style): string {
  return table([{ head: 'WHAT' }, { head: 'ASSET' }, { head: 'CLASS' }, { head: 'STAGE' }, { head: 'LAST SEEN' }, { head: 'BY' }, { head: 'ID' }],
    findings.map(({ kind, asset, name, class: assetClass, stage, stageSince, at, records }) => [
      style.yellow(kind.replaceAll('_', ' ')), style.bold(plain(name ?? '(no name)', 40)), assetClass ?? '-', `${stage} ${stageSince === null ? 'from the beginning' : `since ${timeText(stageSince)}`}`, agoText(at, now), plain(records.join(', '), 60), style.dim(asset),
    ]), style);
}
