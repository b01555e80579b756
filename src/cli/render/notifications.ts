import type { DeliveryDocument, NoticeDetails, NoticeDocument } from '../../notifications/documents.js';
import type { ChannelTest } from '../../notifications/notice.service.js';
import type { Style } from '../style.js';
import { facts, table } from './table.js';
import { agoText, count, indent, plain, timeText } from './text.js';

const severityText = (severity: NoticeDocument['severity'], style: Style): string => (severity === 'error' ? style.red(severity) : severity === 'warning' ? style.yellow(severity) : severity);

function stateText({ state, snoozedUntil }: NoticeDocument, now: number): string {
  return state === 'open' && snoozedUntil !== null && Date.parse(snoozedUntil) > now ? `snoozed, wakes ${agoText(snoozedUntil, now)}` : state;
}

export function renderNotices(notices: readonly NoticeDocument[], now: number, style: Style): string {
  return table([{ head: 'ID', align: 'right' }, { head: 'SEVERITY' }, { head: 'STATE' }, { head: 'WHAT' }, { head: 'SINCE', align: 'right' }, { head: 'NEXT' }], notices.map((notice) => [
    String(notice.id), severityText(notice.severity, style), stateText(notice, now), plain(notice.title, 90), agoText(notice.firstAt, now), style.dim(plain(notice.next, 80)),
  ]), style);
}

export function renderNotice(notice: NoticeDetails, now: number, style: Style): string {
  const { id, kind, source, severity, title, text, next, firstAt, lastAt, times, by, reason, endedAt, deliveries } = notice;
  return [
    `${style.bold(`notice ${id}`)}  ${severityText(severity, style)}  ${plain(title, 300)}`, indent(plain(text, 600)), '',
    facts([
      ['kind', kind], ...(source === null ? [] : [['about', plain(source)] as const]), ['state', stateText(notice, now)], ['since', `${timeText(firstAt)} (${agoText(firstAt, now)})`], ['last', timeText(lastAt)], ['times', String(times)],
      ...(endedAt === null ? [] : [['over since', timeText(endedAt)] as const]), ...(by === null ? [] : [['by', `${plain(by)}${reason === null ? '' : `: ${plain(reason, 300)}`}`] as const]), ['next', plain(next, 300)],
    ], style), '',
    style.dim('MESSAGES'), indent(deliveries.length === 0 ? 'none: no rule of `notifications.rules` names a channel for it' : renderDeliveries(deliveries, style)),
  ].join('\n');
}

const GOOD = new Set(['sent']);
export function renderDeliveries(deliveries: readonly DeliveryDocument[], style: Style): string {
  return table([{ head: 'ID', align: 'right' }, { head: 'CHANNEL' }, { head: 'STATE' }, { head: 'DUE' }, { head: 'TRIES', align: 'right' }, { head: 'SAYS' }, { head: 'ANSWER' }], deliveries.map(({ id, channel, state, dueAt, nextAt, attempts, notices, log }) => [
    String(id), plain(channel), GOOD.has(state) ? style.green(state) : state === 'failed' ? style.red(state) : style.yellow(state), state === 'owed' && attempts > 0 ? `again ${timeText(nextAt)}` : timeText(dueAt), String(attempts),
    plain(notices.length === 1 ? `${notices[0]?.event ?? ''}: ${notices[0]?.title ?? ''}` : count(notices.length, 'notice'), 60), plain(log.at(-1)?.words ?? '', 80),
  ]), style);
}

export function renderTests(tests: readonly ChannelTest[], style: Style): string {
  return table([{ head: 'CHANNEL' }, { head: 'TYPE' }, { head: 'RESULT' }, { head: 'ANSWER' }], tests.map(({ channel, type, ok, words }) => [plain(channel), type, ok ? style.green('taken') : style.red('failed'), plain(words, 300)]), style);
}
