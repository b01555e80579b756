import { linkTo, type Message } from './message.js';

const instant = (at: number): string => new Date(at).toISOString();

/** type, timestamp and data, as https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md recommends. Every entry, nothing merged: programs count. */
export function webhookBody({ at, environment, publicUrl, entries }: Message): string {
  return JSON.stringify({
    type: 'lockstep.notices', timestamp: instant(at),
    data: {
      formatVersion: 1, environment,
      notices: entries.map(({ notice, event, at: saidAt, snapshot: { key, kind, source, severity, title, detail, firstAt, lastAt, times, endedAt } }) => ({
        id: notice, event, at: instant(saidAt), key, kind, source, severity, title, text: detail.text, next: detail.next, ...(publicUrl !== undefined && { link: linkTo(publicUrl, detail.path) }), firstAt: instant(firstAt), lastAt: instant(lastAt), times, ...(endedAt !== null && { endedAt: instant(endedAt) }),
      })),
    },
  });
}
