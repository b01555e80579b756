import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { loadConfig } from '../../../src/config/index.js';
import { openInbox } from '../../../src/database/inbox.js';
import { openEngine, realClock } from '../../../src/engine/engine.js';
import { connectorCatalogue } from '../../../src/sources/catalogue.js';
import { WebhookIntake } from '../../../src/webhooks/intake.js';
import { registerWebhooks, WEBHOOK_SERVER_OPTIONS } from '../../../src/webhooks/plugin.js';

/** The service's door alone, as a process that can be killed: says `listening <port>` on stderr. Its one argument is the configuration. */
const [file = ''] = process.argv.slice(2);
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const catalogue = connectorCatalogue();
const loaded = await loadConfig({ files: [file], env: process.env as Record<string, string>, catalogue, cwd: process.cwd() });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const engine = await openEngine({ config: loaded.config, catalogue, clock: realClock, log: silent, signal: new AbortController().signal });
const intake = new WebhookIntake(engine, openInbox(engine.database));
const server = Fastify(WEBHOOK_SERVER_OPTIONS);
await registerWebhooks(server, () => intake);
await server.listen({ host: '127.0.0.1', port: 0 });
process.stderr.write(`listening ${(server.server.address() as AddressInfo).port}\n`);
