import type { AttemptDocument, DeadLetterDetails, OwedDocument } from '../../push/outbox.service.js';
import type { TargetReport } from '../../push/push.service.js';
import type { Style } from '../style.js';
import { renderTold, reported } from './error.js';
import { table } from './table.js';
import { count, indent, numberText, plain, timeText, valueText } from './text.js';

const WORDS: Readonly<Record<string, string>> = { done: 'done', off: 'writes are off', paused: 'paused', quiet: 'quiet hours', busy: 'busy', failed: 'failed' };

export function renderTargets(targets: readonly TargetReport[], style: Style): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  return table([{ head: 'TARGET' }, { head: 'STATUS' }, right('WRITTEN'), right('LOOKED AT AGAIN'), right('FAILED'), right('WAITING'), right('OWED'), right('DEAD')], targets.map(({ target, status, counts, left }) => [
    style.bold(plain(target)), status === 'done' ? style.green('done') : status === 'failed' ? style.red('failed') : style.yellow(WORDS[status] ?? status), numberText(counts.verified + counts.normalised + counts.created), numberText(counts.pending), counts.failed > 0 ? style.red(numberText(counts.failed)) : '0',
    numberText(left['waiting'] ?? 0), numberText((left['owed'] ?? 0) + (left['sending'] ?? 0) + (left['looking'] ?? 0)), numberText(left['dead'] ?? 0),
  ]), style);
}

/** What the table has no room for. */
export function renderTargetNotes(targets: readonly TargetReport[], style: Style): string {
  const lines: string[] = [];
  for (const { target, status, reason, error, left, nextAt } of targets) {
    const name = plain(target);
    if (error) lines.push(renderTold(reported(error, target), style, `${target} cannot be written now; what it is owed stays`));
    else if (status !== 'done') lines.push(`${style.yellow(`${WORDS[status]}:`)} ${name}: ${plain(reason ?? '', 300)}`);
    if ((left['waiting'] ?? 0) > 0) lines.push(`${style.yellow('waiting:')} ${count(left['waiting'] ?? 0, 'asset')} of ${name} wait for a decision: \`lockstep reviews list --source ${name}\`, \`lockstep outbox list --target ${name} --state waiting\``);
    if ((left['dead'] ?? 0) > 0) lines.push(`${style.red('gave up:')} ${count(left['dead'] ?? 0, 'asset')} of ${name}: \`lockstep dead-letters list --target ${name}\` says why`);
    if ((left['looking'] ?? 0) > 0 && nextAt !== undefined) lines.push(`${name}: ${count(left['looking'] ?? 0, 'write')} not seen there yet; looked at again from ${timeText(nextAt)}, by the next \`lockstep push\` or sync`);
  }
  return lines.join('\n');
}

const stateText = (state: OwedDocument['state'], style: Style): string => (state === 'dead' ? style.red('dead') : state === 'waiting' ? style.yellow('waiting') : state);

export function renderOwed(owed: readonly OwedDocument[], style: Style): string {
  return groupsOf(owed, ({ target }) => target).map(([target, list]) => [
    `${style.bold(plain(target))}  ${style.dim(count(list.length, 'asset'))}`,
    ...list.flatMap(({ asset, name, state, kind, reason, differences }) => [
      indent(`${kind === 'create' ? style.green('+') : style.cyan('>')} ${plain(name ?? asset, 50)} ${style.dim(asset)}  ${stateText(state, style)}${reason === null ? '' : style.dim(`  ${plain(reason, 140)}`)}`),
      ...differences.map(({ record, field, before, after, because }) => indent(indent(`${plain(record === '' ? field : `${field} of ${record}`, 90)}: ${valueText(before, 60)} -> ${valueText(after, 60)}  ${style.dim(plain(because, 60))}`))),
    ]),
  ].join('\n')).join('\n\n');
}

/** For a change request: one table a target. */
export function renderMarkdown(owed: readonly OwedDocument[]): string {
  const cell = (value: unknown): string => plain(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), 200).replaceAll('|', '\\|');
  const parts = groupsOf(owed, ({ target }) => target).map(([target, list]) => [
    `## ${cell(target)}: ${count(list.length, 'asset')}`, '', '| Asset | Record | Field | Before | After | Why | State |', '| --- | --- | --- | --- | --- | --- | --- |',
    ...list.flatMap(({ asset, name, state, reason, differences }) => differences.map(({ record, field, before, after, because }) => `| ${[name === null ? asset : `${name} (${asset})`, record, field, before, after, because, reason === null ? state : `${state}: ${reason}`].map(cell).join(' | ')} |`)),
  ].join('\n'));
  return ['# What Lockstep would write', ...(parts.length === 0 ? ['Nothing.'] : parts)].join('\n\n');
}

export function renderDeadLetters(letters: readonly OwedDocument[], style: Style): string {
  return groupsOf(letters, ({ target, reason }) => `${target}: ${reason ?? ''}`).map(([title, group]) => [
    `${style.bold(plain(title, 200))}  ${style.dim(count(group.length, 'asset'))}`,
    indent(table([{ head: 'ID', align: 'right' }, { head: 'ASSET' }, { head: 'FIELDS' }, { head: 'SINCE' }], group.slice(0, 20).map(({ id, asset, name, differences, owedSince }) => [String(id), plain(name ?? asset, 40), plain([...new Set(differences.map(({ field }) => field))].join(', '), 60), timeText(owedSince)]), style)),
    ...(group.length > 20 ? [style.dim(`  and ${numberText(group.length - 20)} more (--json has them all)`)] : []),
  ].join('\n')).join('\n\n');
}

export function renderDeadLetter({ id, target, asset, name, reason, detail, differences, log }: DeadLetterDetails, style: Style): string {
  const said = (key: string): string | undefined => (typeof detail[key] === 'string' ? detail[key] : undefined);
  const request = detail['request'] as { readonly method?: string; readonly url?: string; readonly status?: number } | undefined;
  return [
    `${style.bold(`dead letter ${id}`)}  ${plain(name ?? asset)} ${style.dim(asset)} to ${style.bold(plain(target))}`, `${style.red('because')} ${plain(reason ?? 'it was given up', 500)}`,
    ...(said('vendorWords') ? [`it said   ${plain(said('vendorWords') ?? '', 500)}`] : []), ...(request ? [`request   ${plain(`${request.method ?? ''} ${request.url ?? ''}${request.status === undefined ? '' : ` -> ${request.status}`}`, 300)}`] : []),
    ...(said('likelyCause') ? [`likely    ${plain(said('likelyCause') ?? '', 400)}`] : []), ...(said('hint') ? [`next      ${plain(said('hint') ?? '', 400)}`] : []), '',
    style.dim('WHAT WOULD BE WRITTEN NOW'), ...(differences.length === 0 ? [indent('nothing')] : differences.map(({ record, field, before, after }) => indent(`${plain(record)} ${field}: ${valueText(before, 60)} -> ${valueText(after, 60)}`))), '',
    style.dim('ATTEMPTS'), indent(renderLog(log, style)), '', style.dim('answer it with'),
    `  lockstep dead-letters replay ${id}`, `  lockstep dead-letters resolve ${id} --record ${plain(target)}/<stream>/<id> --reason "..."`, `  lockstep dead-letters discard ${id} --reason "..."`,
  ].join('\n');
}

export function renderLog(log: readonly AttemptDocument[], style: Style): string {
  return log.map(({ id, pushId, target, at, kind, outcome, differences, answer, readBack }) => [
    `${style.dim(String(id).padStart(5))} ${timeText(at)}  ${style.bold(plain(target))} ${kind === 'update' ? '' : `${kind} `}${outcomeText(outcome, style)}  ${style.dim(pushId)}`,
    ...differences.map(({ field, before, after, because }) => indent(indent(indent(`${plain(field)}: ${valueText(before, 60)} -> ${valueText(after, 60)}  ${style.dim(plain(because, 60))}`)))),
    ...(answer ? [indent(indent(indent(style.yellow(plain(String(answer['vendorWords'] ?? answer['reason'] ?? answer['message'] ?? answer['likelyCause'] ?? ''), 300)))))] : []),
    ...(readBack && outcome !== 'verified' ? [indent(indent(indent(style.dim(`it shows ${Object.entries(readBack).map(([field, value]) => `${plain(field)}: ${valueText(value, 60)}`).join('; ')}`))))] : []),
  ].join('\n')).join('\n');
}

const GOOD = new Set(['verified', 'normalised', 'created', 'undone']);
const outcomeText = (outcome: string, style: Style): string => (GOOD.has(outcome) ? style.green(outcome) : outcome === 'refused' || outcome === 'reverted' ? style.red(outcome) : style.yellow(outcome));

function groupsOf<T>(list: readonly T[], name: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of list) groups.set(name(item), [...(groups.get(name(item)) ?? []), item]);
  return [...groups];
}
