import { createRedactor } from '../../connectors/sdk/http/index.js';
import { showConfig, type LoadedConfig } from '../config/index.js';
import { TABLES } from '../database/schema.js';
import { SERVICE_TABLES } from '../database/schema-service.js';
import type { Tx } from '../database/tx.js';
import { heldLeases, tableSizes } from '../database/repositories/doctor.js';
import { listRuns } from '../database/repositories/queries-operations.js';
import type { RunRow } from '../database/repositories/runs.js';
import { databaseCollector } from '../observability/collector.js';
import { ServiceMetrics } from '../observability/metrics.js';
import type { DoctorPorts } from './doctor.service.js';
import { openBeside } from './doctor/database.js';
import type { Finding } from './doctor/finding.js';
import type { TarEntry } from './tar.js';

export interface Bundle {
  readonly entries: readonly TarEntry[];
  /** What stands in each, for whoever is to send it. */
  readonly contents: readonly { readonly name: string; readonly about: string }[];
}

/**
 * What somebody needs who is to help from afar: how it is configured, what was found, how runs went, how much of everything
 * there is. No secret, no value of a record, no name of a person or a place, no words of a vendor.
 */
export async function supportBundle(ports: DoctorPorts, findings: readonly Finding[]): Promise<Bundle> {
  const { config, clock, versions } = ports;
  const redact = createRedactor(config.secrets);
  const { database } = await openBeside(config);
  const found: { name: string; about: string; text: string }[] = [];
  const add = (name: string, about: string, value: unknown): void => void found.push({ name, about, text: redact(typeof value === 'string' ? value : `${JSON.stringify(value, null, 2)}\n`) });
  add('findings.json', 'what doctor found', { formatVersion: 1, at: new Date(clock.now()).toISOString(), findings });
  add('versions.json', 'versions of Lockstep, Node and the platform', versions);
  add('configuration.json', 'the configuration with its origins; secrets, spellings of people and places, addresses of people and mapped values are left out', configurationOf(config));
  if (database) {
    try {
      const metrics = new ServiceMetrics({ clock, version: versions.version });
      metrics.ask(databaseCollector({ config, database, clock }, ports.inbox));
      add('metrics.txt', 'the gauges of /metrics', await metrics.scrape());
      const { runs, leases, sizes } = await database.read(stored);
      add('runs.json', 'the latest 100 runs: when, how they ended, how many records; of errors the code and the kind of request', runs.map(runOf));
      add('leases.json', 'leases that are held', leases);
      add('tables.json', 'how many rows each table has', sizes);
    } finally {
      await database.close();
    }
  }
  const contents = found.map(({ name, about }) => ({ name, about }));
  const readme = `A support bundle of Lockstep ${versions.version}, made ${new Date(clock.now()).toISOString()}. Read it before you send it.\n\n${contents.map(({ name, about }) => `${name}: ${about}`).join('\n')}\n`;
  return { contents, entries: [{ name: 'lockstep-bundle/README.txt', text: readme }, ...found.map(({ name, text }) => ({ name: `lockstep-bundle/${name}`, text }))] };
}

const stored = async (tx: Tx) => ({ runs: await listRuns(tx, {}, 100), leases: await heldLeases(tx), sizes: await tableSizes(tx, [...TABLES, ...SERVICE_TABLES].map(({ name }) => name)) });

const LEFT_OUT = '[left out]';
/** Below these stands what records say, or who reads it. */
const PRIVATE = /^references\.|\.mapping\..*\.(values|default)\b|^identity\.junk|^notifications\.channels\..*\.(to|from|url|smtp)|\.(username|email|clientId|accessKeyId)$/i;

const configurationOf = (config: LoadedConfig) => showConfig(config).map(({ path, value, origin }) => (PRIVATE.test(path) ? { path: path.replace(/^(references\.[^.]+)\..*$/, '$1').replace(/(\.values)\..*$/, '$1'), value: LEFT_OUT, origin } : { path, value, origin }));

/** Messages and vendor's words may say what a record says: of an error only its kind is told. */
function runOf({ id, source, mode, status, startedAt, finishedAt, trigger, configHash, firstLoad, assetsBefore, report }: RunRow) {
  const { streams, assets, pushes, reviews, error } = (report ?? {}) as { streams?: unknown; assets?: unknown; pushes?: unknown; reviews?: unknown; error?: { id?: string; code?: string; stream?: string; request?: { method?: string; status?: number } } };
  return {
    id, source, mode, status, startedAt: new Date(startedAt).toISOString(), finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(), trigger, configHash, firstLoad, assetsBefore, streams, assets, pushes, reviews,
    ...(error && { error: { id: error.id, code: error.code, stream: error.stream, method: error.request?.method, status: error.request?.status } }),
  };
}
