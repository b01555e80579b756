import type { NoticeKind, NoticeState } from '../../core/notices/index.js';
import { parseDuration } from '../../core/expressions/durations.js';
import type { DeliveryState } from '../../database/repositories/notices.js';
import type { NoticeDocument } from '../../notifications/documents.js';
import { NoticeService } from '../../notifications/notice.service.js';
import { missing, usage } from '../failures.js';
import { renderDeliveries, renderNotice, renderNotices, renderTests } from '../render/notifications.js';
import { plain } from '../render/text.js';
import type { Session } from '../session.js';
import type { Run } from '../verb.js';
import { numberOf } from './reviews.js';

const STANDING: readonly NoticeState[] = ['open', 'acknowledged', 'resolved'];

export const list: Run = async (session, _args, options) => session.read(async (app) => {
  const { out, io } = session;
  const state = options['state'] as NoticeState | 'standing' | 'all';
  const notices = await app.get(NoticeService).list({
    ...(state !== 'all' && { states: state === 'standing' ? STANDING : [state] }), ...(options['kind'] !== undefined && { kind: options['kind'] as NoticeKind }), ...(options['source'] !== undefined && { source: options['source'] as string }),
  }, options['limit'] as number);
  if (out.json) for (const notice of notices) await out.document(notice);
  else if (notices.length > 0) await out.line(renderNotices(notices, io.clock.now(), out.style));
  else await out.talk('there is nothing to tell');
  if (!out.json && notices.length === options['limit']) await out.talk(`the latest ${notices.length}; --limit shows more`);
});

export const show: Run = async (session, [id]) => session.read(async (app) => {
  const { out, io } = session;
  const notice = await app.get(NoticeService).show(numberOf(id as string, 'a notice'));
  if (!notice) throw missing(`there is no notice ${plain(id)}`, 'see `lockstep notifications list`');
  if (out.json) await out.document(notice);
  else await out.line(renderNotice(notice, io.clock.now(), out.style));
});

const act = (session: Session, what: (service: NoticeService) => Promise<NoticeDocument>, said: (notice: NoticeDocument) => string) => session.write(async (app) => {
  const notice = await what(app.get(NoticeService));
  if (session.out.json) await session.out.document({ formatVersion: 1, ...notice });
  else await session.out.line(`notice ${notice.id} ${said(notice)}: ${plain(notice.title)}`);
});

export const acknowledge: Run = async (session, [id], options) => act(session, (service) => service.acknowledge(numberOf(id as string, 'a notice'), options['reason'] as string | undefined), () => 'acknowledged');

export const snooze: Run = async (session, [id], options) => {
  const ms = parseDuration(options['for'] as string);
  if (ms === undefined || ms === 0) throw usage(`--for takes a duration such as 4h or 3d, not "${plain(options['for'])}"`);
  return act(session, (service) => service.snooze(numberOf(id as string, 'a notice'), session.io.clock.now() + ms, options['reason'] as string | undefined), ({ snoozedUntil }) => `snoozed until ${snoozedUntil ?? ''}`);
};

export const resolve: Run = async (session, [id], options) => act(session, (service) => service.resolve(numberOf(id as string, 'a notice'), options['reason'] as string), () => 'resolved');

export const deliveries: Run = async (session, _args, options) => session.read(async (app) => {
  const { out } = session;
  const found = await app.get(NoticeService).deliveries({ ...(options['channel'] !== undefined && { channel: options['channel'] as string }), ...(options['state'] !== undefined && { state: options['state'] as DeliveryState }) }, options['limit'] as number);
  if (out.json) for (const delivery of found) await out.document(delivery);
  else if (found.length > 0) await out.line(renderDeliveries(found, out.style));
  else await out.talk('no message was sent');
});

/** Sent at once: a person waits for it. */
export const redeliver: Run = async (session, [id]) => session.write(async (app) => {
  const { out } = session;
  const service = app.get(NoticeService);
  const { id: number } = await service.redeliver(numberOf(id as string, 'a delivery'));
  const delivery = await service.deliverNow(number);
  if (out.json) await out.document({ formatVersion: 1, ...delivery });
  else await out.line(renderDeliveries([delivery], out.style));
  return delivery.state === 'sent' ? 0 : 1;
});

export const test: Run = async (session, [names]) => session.write(async (app) => {
  const { out } = session;
  const known = Object.keys(app.engine.config.notifications.channels);
  const chosen = names as readonly string[];
  for (const name of chosen) await session.oneOf('channel', name, known, 1);
  if (known.length === 0) throw missing('there is no channel to test', 'add one under `notifications.channels`');
  const tests = await app.get(NoticeService).test(chosen.length > 0 ? chosen : known);
  if (out.json) for (const each of tests) await out.document(each);
  else await out.line(renderTests(tests, out.style));
  return tests.every(({ ok }) => ok) ? 0 : 1;
});
