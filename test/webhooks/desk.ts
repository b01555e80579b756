import Fastify, { type FastifyInstance } from 'fastify';
import { openInbox, type Inbox } from '../../src/database/inbox.js';
import type { Labels } from '../../src/observability/metrics-port.js';
import { InboxWorker } from '../../src/webhooks/inbox-worker.js';
import { WebhookIntake, type IntakeOptions } from '../../src/webhooks/intake.js';
import { registerWebhooks, WEBHOOK_SERVER_OPTIONS } from '../../src/webhooks/plugin.js';
import { Tools } from '../support/tools.js';

export const TOKEN = 'a-token-of-the-tool';
export const WEBHOOK = 'webhook: { auth: { method: header, token: "${env:TOOL_TOKEN}" } }';

/** Two tools of which one tells of its changes, and the service's door. */
export class Desk {
  readonly counted = new Map<string, number>();
  inbox!: Inbox;
  server!: FastifyInstance;
  intake!: WebhookIntake;
  private constructor(readonly tools: Tools) {}

  static async open(more: { readonly lines?: string; readonly options?: IntakeOptions; readonly push?: Readonly<Record<string, string>> } & Omit<NonNullable<Parameters<typeof Tools.open>[1]>, 'lines'> = {}): Promise<Desk> {
    const counted = new Map<string, number>();
    const metrics = {
      count: (name: string, labels: Labels = {}, by = 1) => {
        const key = [name.replace(/^lockstep_|_total$/g, ''), ...Object.values(labels)].join(' ');
        counted.set(key, (counted.get(key) ?? 0) + by);
      },
      observe: () => undefined,
    };
    const tools = await Tools.open({ desk: '', ...more.push }, { ...more, env: { TOOL_TOKEN: TOKEN, NEW: 'the-new-one', OLD: 'the-old-one', EMPTY: '' }, lines: { desk: more.lines ?? WEBHOOK }, engine: { metrics, ...more.engine } });
    const desk = new Desk(tools);
    (desk as { counted: Map<string, number> }).counted = counted;
    desk.inbox = openInbox(tools.engine.database);
    desk.intake = new WebhookIntake(tools.engine, desk.inbox, more.options);
    desk.server = Fastify({ ...WEBHOOK_SERVER_OPTIONS, forceCloseConnections: true });
    await registerWebhooks(desk.server, () => desk.intake);
    return desk;
  }

  async post(body: string | Buffer, headers: Readonly<Record<string, string>> = { 'content-type': 'application/json', 'x-tool-token': TOKEN }, source = 'desk'): Promise<number> {
    return (await this.server.inject({ method: 'POST', url: `/webhooks/${source}`, headers: { ...headers }, payload: body })).statusCode;
  }

  tell(event: string, id: string, change = 'changed'): Promise<number> {
    return this.post(JSON.stringify({ event, id, change }));
  }

  drain(): ReturnType<InboxWorker['drain']> {
    return new InboxWorker(this.tools.engine, this.inbox).drain('desk');
  }

  async rows(): Promise<readonly { readonly event: string; readonly state: string; readonly reason: string | null }[]> {
    return (await this.inbox.list({}, 1_000)).reverse().map(({ eventId, state, reason }) => ({ event: eventId.replace(/^id:/, ''), state, reason }));
  }

  private inboxClosed = false;
  /** The disk is gone, as far as deliveries are concerned. */
  async breakInbox(): Promise<void> {
    await this.inbox.close();
    this.inboxClosed = true;
  }

  /** After the tools were restarted. */
  async reopen(): Promise<void> {
    if (!this.inboxClosed) await this.inbox.close();
    this.inboxClosed = false;
    this.inbox = openInbox(this.tools.engine.database);
    this.intake = new WebhookIntake(this.tools.engine, this.inbox);
  }

  async close(): Promise<void> {
    await this.server.close();
    if (!this.inboxClosed) await this.inbox.close();
    await this.tools.close();
  }
}
