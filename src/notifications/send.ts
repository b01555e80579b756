import { Webhook } from 'standardwebhooks';
import type { Channel } from '../config/types.js';
import { mailOf } from './messages/mail.js';
import type { Message } from './messages/message.js';
import { slackBody } from './messages/slack.js';
import { teamsBody } from './messages/teams.js';
import { webhookBody } from './messages/webhook.js';
import { ForbiddenTargetError, post, type PostAnswer, type PostRequest } from './post.js';

/** What became of one try. `words`: what the receiver answered. `again`: whether another try can help. */
export type Outcome = { readonly ok: true; readonly words: string } | { readonly ok: false; readonly words: string; readonly again: boolean; readonly retryAfterMs?: number };

export interface MailRequest {
  readonly smtp: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
}

/** How things leave; tests hand in their own. */
export interface Carriers {
  post(request: PostRequest, signal: AbortSignal): Promise<PostAnswer>;
  /** Gives what the mail server said. */
  mail(request: MailRequest): Promise<string>;
}

const TIMEOUT_MS = 10_000;

export const realCarriers: Carriers = {
  post: (request, signal) => post(request, signal),
  mail: async ({ smtp, messageId, ...mail }) => {
    // Loaded by whoever sends mail, not by each command.
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({ url: smtp, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: 3 * TIMEOUT_MS, disableFileAccess: true, disableUrlAccess: true });
    try {
      const { response } = await transport.sendMail({ from: mail.from, to: [...mail.to], subject: mail.subject, text: mail.text, messageId: `<${messageId}@lockstep>` });
      return response;
    } finally {
      transport.close();
    }
  },
};

/** One try to tell one channel. Never throws. `now`: for the signature, ms UTC. */
export async function sendTo(channel: Channel, message: Message, carriers: Carriers, now: number, signal: AbortSignal): Promise<Outcome> {
  try {
    if (channel.type === 'email') {
      const { smtp, from, to } = channel;
      return { ok: true, words: await carriers.mail({ smtp, from, to, messageId: message.id, ...mailOf(message) }) };
    }
    const body = channel.type === 'webhook' ? webhookBody(message) : channel.type === 'slack' ? slackBody(message) : teamsBody(message);
    const headers = { 'content-type': 'application/json', ...(channel.type === 'webhook' && signed(message.id, now, body, channel.secret)) };
    return judge(await carriers.post({ url: channel.url, headers, body, loopback: channel.loopback === true }, signal));
  } catch (error) {
    return { ok: false, words: wordsOf(error), again: !(error instanceof ForbiddenTargetError) };
  }
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function signed(id: string, now: number, body: string, secret: string | undefined): Readonly<Record<string, string>> {
  const at = new Date(now);
  const key = secret === undefined ? undefined : secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });
  return { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now / 1_000)), ...(key && { 'webhook-signature': key.sign(id, at, body) }) };
}

/** 410: the receiver wants no more, ever. All else may be mended while it is tried again. */
function judge({ status, body, retryAfterMs }: PostAnswer): Outcome {
  const words = `${status}${body.trim() === '' ? '' : ` ${body.trim().slice(0, 500)}`}`;
  if (status >= 200 && status < 300) return { ok: true, words };
  if (status >= 300 && status < 400) return { ok: false, words: `${words}: it answered with a redirect, and none is followed; enter the address that it leads to`, again: true };
  return { ok: false, words, again: status !== 410, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function wordsOf(error: unknown): string {
  const { message, code, response } = error as { readonly message?: string; readonly code?: string; readonly response?: string };
  const causes = error instanceof AggregateError ? [...new Set(error.errors.map((each: unknown) => (each as Error).message))].join('; ') : '';
  return [response ?? message, causes, code !== undefined && !(message ?? '').includes(code) ? `(${code})` : ''].filter((part) => part !== undefined && part !== '').join(' ') || 'it failed without a word';
}
