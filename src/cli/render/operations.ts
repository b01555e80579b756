import type { QuarantineDetails, ReviewDetails, ReviewedRecord } from '../../queries/operation-queries.service.js';
import type { QuarantineDocument, ReviewDocument, SourceDocument } from '../../queries/operation-documents.js';
import type { Style } from '../style.js';
import { statusText } from './runs.js';
import { table } from './table.js';
import { agoText, count, indent, numberText, plain, timeText, valueText } from './text.js';

export function renderSources(sources: readonly SourceDocument[], now: number, style: Style): string {
  return table([{ head: 'SOURCE' }, { head: 'CONNECTOR' }, { head: 'ROLE' }, { head: 'STATE' }, { head: 'RECORDS', align: 'right' }, { head: 'GONE', align: 'right' }, { head: 'QUARANTINED', align: 'right' }, { head: 'LAST RUN' }, { head: 'LAST FULL' }],
    sources.map((source) => [
      style.bold(plain(source.name)), plain(source.connector, 30), source.role, sourceState(source, style), ...[sum(source, 'records'), sum(source, 'tombstoned'), sum(source, 'quarantined')].map(numberText),
      source.lastRun === null ? 'never' : `${source.lastRun.mode}, ${agoText(source.lastRun.finishedAt ?? source.lastRun.startedAt, now)}`, agoText(latest(source.streams.map(({ lastFullAt }) => lastFullAt)), now),
    ]), style);
}

function sourceState({ state, failures, pausedBecause }: SourceDocument, style: Style): string {
  if (state === 'failing') return style.red(`failing ${count(failures, 'time')}`);
  if (state === 'paused') return style.yellow(`paused${pausedBecause === undefined ? '' : `: ${plain(pausedBecause, 40)}`}`);
  return statusText(state, style);
}

const sum = ({ streams }: SourceDocument, key: 'records' | 'tombstoned' | 'quarantined'): number => streams.reduce((total, stream) => total + stream[key], 0);
const latest = (instants: readonly (string | null)[]): string | null => instants.reduce((best, each) => (each !== null && (best === null || each > best) ? each : best), null);

export function renderSource(source: SourceDocument, now: number, style: Style): string {
  const { lastRun } = source;
  return [
    `${style.bold(plain(source.name))}  ${plain(source.connector)}, ${source.role}: ${sourceState(source, style)}`,
    lastRun === null ? 'it has never been read' : `last run ${lastRun.id}: ${lastRun.mode}, ${statusText(lastRun.status, style)}, ${agoText(lastRun.finishedAt ?? lastRun.startedAt, now)}`, '',
    table([{ head: 'STREAM' }, { head: 'RECORDS', align: 'right' }, { head: 'UNREAD', align: 'right' }, { head: 'GONE', align: 'right' }, { head: 'QUARANTINED', align: 'right' }, { head: 'LAST READ' }, { head: 'LAST FULL' }],
      source.streams.map((stream) => [plain(stream.name), ...[stream.records, stream.unread, stream.tombstoned, stream.quarantined].map(numberText), agoText(stream.cursorAt, now), agoText(stream.lastFullAt, now)]), style),
  ].join('\n');
}

export function renderReviews(reviews: readonly (ReviewDocument & { readonly records: number })[], now: number, style: Style): string {
  return table([{ head: 'ID', align: 'right' }, { head: 'KIND' }, { head: 'STATUS' }, { head: 'OPENED' }, { head: 'RECORDS', align: 'right' }, { head: 'WHAT' }],
    reviews.map(({ id, kind, status, openedAt, records, because, detail }) => [style.bold(String(id)), kind.replaceAll('_', ' '), status === 'open' ? style.yellow(status) : style.dim(status), agoText(openedAt, now), numberText(records), plain(`${valueOf(detail)}${because}`, 110)]), style);
}

function valueOf(detail: ReviewDocument['detail']): string {
  const value = detail['value'] as { readonly kind?: string; readonly value?: string } | string | undefined;
  if (typeof value === 'string') return `${detail['attribute'] as string}=${value} `;
  return typeof value?.value === 'string' ? `${value.kind ?? ''}:${value.value} ` : '';
}

export function renderReview(review: ReviewDetails, style: Style): string {
  const { id, kind, status, because, openedAt, records, answers, meaning, detail } = review;
  const parts = [
    `${style.bold(`review ${id}`)}  ${kind.replaceAll('_', ' ')}, ${status === 'open' ? style.yellow('open') : status} since ${timeText(openedAt)}`, `${plain(valueOf(detail))}${plain(because, 1_000)}`,
    ...(review.resolvedAt ? [`${review.resolution ?? 'over'} at ${timeText(review.resolvedAt)}${review.by ? ` by ${plain(review.by)}: ${plain(review.reason ?? '')}` : ', its cause is gone'}`] : []),
  ];
  for (const record of records.slice(0, 12)) parts.push('', ...sideOf(record, differing(records), style));
  if (records.length > 12) parts.push('', `and ${count(records.length - 12, 'more record', 'more records')} (--json has them all)`);
  if (status === 'open') parts.push('', style.dim('answer it with'), ...answers.map((answer) => `  lockstep reviews resolve ${id} --as ${answer} --reason "..."`), style.dim(meaning));
  return parts.join('\n');
}

function sideOf({ record, done, asset, assetName, state, identifiers, claims, differences }: ReviewedRecord, bright: ReadonlySet<string>, style: Style): string[] {
  const rest = Object.entries(claims).filter(([, value]) => value !== null);
  return [
    `${style.cyan(plain(record))}${done ? style.dim(' (answered)') : ''}  ${asset === null ? 'no asset' : `${plain(assetName ?? '(no name)')} ${style.dim(asset)}`}${state === null || state === 'live' ? '' : `, ${state}`}`,
    ...(identifiers.length > 0 ? [indent(plain(identifiers.join(', '), 400))] : []),
    ...(differences ?? []).map(({ field, before, after }) => indent(`${style.bold(plain(field))}: it shows ${valueText(before, 60)}, wanted is ${style.bold(valueText(after, 60))}`)),
    ...rest.map(([attribute, value]) => (bright.has(attribute) ? indent(`${attribute}: ${style.bold(valueText(value))}`) : style.dim(indent(`${attribute}: ${valueText(value)}`)))),
  ];
}

/** Attributes of which the records say different things: there a person looks first. */
function differing(records: readonly ReviewedRecord[]): ReadonlySet<string> {
  const seen = new Map<string, Set<string>>();
  for (const { claims } of records) for (const [attribute, value] of Object.entries(claims)) seen.set(attribute, (seen.get(attribute) ?? new Set()).add(JSON.stringify(value)));
  return new Set([...seen].filter(([, values]) => values.size > 1).map(([attribute]) => attribute));
}

/** Grouped by reason: one cause is usually one mend. */
export function renderQuarantine(entries: readonly QuarantineDocument[], now: number, style: Style): string {
  const groups = new Map<string, QuarantineDocument[]>();
  for (const entry of entries) groups.set(`${entry.source}/${entry.stream}: ${entry.reason}`, [...(groups.get(`${entry.source}/${entry.stream}: ${entry.reason}`) ?? []), entry]);
  return [...groups].map(([title, group]) => [
    `${style.bold(plain(title, 160))}  ${style.dim(count(group.length, 'record'))}`,
    indent(table([{ head: 'ID', align: 'right' }, { head: 'RECORD' }, { head: 'SEEN', align: 'right' }, { head: 'LAST' }], group.slice(0, 20).map(({ id, externalId, times, lastAt }) => [String(id), plain(externalId ?? '(no readable id)', 60), count(times, 'time'), agoText(lastAt, now)]), style)),
    ...(group.length > 20 ? [style.dim(`  and ${numberText(group.length - 20)} more (--json has them all)`)] : []),
  ].join('\n')).join('\n\n');
}

export function renderQuarantined(entry: QuarantineDetails, style: Style): string {
  const { id, source, stream, externalId, reason, times, firstAt, lastAt, raw } = entry;
  return [
    `${style.bold(`quarantine ${id}`)}  ${plain(`${source}/${stream}/${externalId ?? '(no readable id)'}`)}`, `${style.yellow('because')} ${plain(reason, 1_000)}`, `seen ${count(times, 'time')}, first ${timeText(firstAt)}, last ${timeText(lastAt)}`, '',
    style.dim('THE RECORD AS IT CAME'), indent((JSON.stringify(raw, null, 2) ?? '').split('\n').map((line) => plain(line, 400)).join('\n')), '',
    style.dim('when the mapping or the source is mended'), `  lockstep quarantine replay ${id}`,
  ].join('\n');
}
