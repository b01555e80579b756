import { openInbox, type Inbox } from '../database/inbox.js';
import { loadWebhook } from '../database/repositories/webhooks.js';
import type { Engine } from '../engine/engine.js';
import { endpointOf } from './endpoint.js';

/** What there is to know of one source's deliveries, for people and programs. */
export interface WebhookDocument {
  /** To be entered at the vendor; absent: `server.publicUrl` is not set. */
  readonly url: string | null;
  readonly path: string;
  readonly methods: readonly string[];
  readonly allowFrom: readonly string[] | null;
  /** Why nothing is taken; null: it is. */
  readonly closed: string | null;
  readonly lastDeliveryAt: string | null;
  readonly accepted: number;
  readonly waiting: number;
  readonly oldestWaitingAt: string | null;
  readonly quarantined: number;
  /** Changes that a poll found and nobody had told. */
  readonly missed: number;
  readonly silentSince: string | null;
  /** Where the steps at the vendor are described. */
  readonly setUp: string;
}

const instant = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** Undefined: the connector takes no deliveries. */
export async function webhookStatus(engine: Engine, inbox: Inbox, name: string): Promise<WebhookDocument | undefined> {
  const source = engine.config.sources.find((each) => each.name === name);
  const connector = source && (await engine.catalogue.load(source.connector, source.folder));
  if (!source || !connector?.webhook) return undefined;
  const { publicUrl } = engine.config.server;
  const path = `/webhooks/${encodeURIComponent(name)}`;
  const endpoint = endpointOf(source, connector.webhook);
  const row = await engine.database.read((tx) => loadWebhook(tx, name));
  const [lastAt = 0] = await inbox.arrivals(name, 1);
  const open = (await inbox.open()).get(name);
  return {
    url: publicUrl === undefined ? null : `${publicUrl.replace(/\/+$/, '')}${path}`, path, methods: (endpoint?.auth ?? []).map(({ method }) => method), allowFrom: source.webhook?.allowFrom ?? null,
    closed: endpoint ? null : source.webhook ? 'no entry of webhook.auth has a secret' : 'the source has no webhook in the configuration',
    lastDeliveryAt: instant(Math.max(row.lastAt ?? 0, lastAt) || null), accepted: row.accepted + (await inbox.countAfter(name, row.prunedTo)), waiting: open?.waiting ?? 0, oldestWaitingAt: instant(open?.oldestWaitingAt ?? null),
    quarantined: open?.quarantined ?? 0, missed: row.missed, silentSince: instant(row.silentSince), setUp: `README of the connector ${connector.manifest.name}, "Webhook set-up"`,
  };
}

/** The same where no service has the inbox open: beside one, or without. */
export async function readWebhookStatus(engine: Engine, name: string): Promise<WebhookDocument | undefined> {
  const inbox = openInbox(engine.database);
  try {
    return await webhookStatus(engine, inbox, name);
  } finally {
    await inbox.close();
  }
}
