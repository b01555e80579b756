import type { WebhookDocument } from '../../webhooks/status.js';
import type { Style } from '../style.js';
import { agoText, count, plain } from './text.js';

/** Where the source delivers to, and what has come of it. */
export function renderWebhook(webhook: WebhookDocument, now: number, style: Style): string {
  const { url, path, methods, allowFrom, closed, lastDeliveryAt, accepted, waiting, oldestWaitingAt, quarantined, missed, silentSince, setUp } = webhook;
  const address = url === null ? `${path} below the address of the service (server.publicUrl would name it)` : style.bold(plain(url, 300));
  if (closed !== null) return [`webhook    closed: ${closed}`, `URL        ${address}`, `set-up     ${setUp}`].join('\n');
  return [
    `webhook    proved by ${methods.join(' or ')}${allowFrom === null ? '' : `, from ${plain(allowFrom.join(', '), 200)} only`}`,
    `URL        ${address}`,
    `last       ${lastDeliveryAt === null ? 'no delivery yet' : `delivery ${agoText(lastDeliveryAt, now)}`}${silentSince === null ? '' : style.red(`, silent since ${agoText(silentSince, now)} though things changed`)}`,
    `so far     ${count(accepted, 'delivery', 'deliveries')}; ${waiting} ${waiting === 1 ? 'waits' : 'wait'}${oldestWaitingAt === null ? '' : ` (the oldest came ${agoText(oldestWaitingAt, now)})`}, ${quarantined} set aside; ${count(missed, 'change was', 'changes were')} found by reading and not told`,
    `set-up     ${setUp}`,
  ].join('\n');
}
