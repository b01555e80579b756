import { SourceError, type CheckFinding, type Clock, type ConnectorLog, type Discovery } from '../../connectors/sdk/contract/index.js';
import { createRedactor } from '../../connectors/sdk/http/index.js';
import type { ConnectorCatalogue, LoadedConfig } from '../config/index.js';
import type { Database } from '../database/database.js';
import { appendAudit } from '../database/repositories/audit.js';
import { registerSource } from '../database/repositories/streams.js';
import { connectSource, type Connection } from './connections.js';
import { discoveredMapping } from './discovered-mapping.js';

/** What asking a source needs; no database, so that `check` works before the first sync. */
export interface SourcePorts {
  readonly config: LoadedConfig;
  readonly catalogue: ConnectorCatalogue;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
}

export interface SourceFinding {
  readonly source: string;
  readonly finding: CheckFinding;
}

export interface DiscoveryReport extends Discovery {
  readonly formatVersion: 1;
  readonly source: string;
  /** An overlay for the configuration that `config check` accepts unchanged. */
  readonly yaml: string;
}

/** Reaches, authenticates, names each missing right; changes nothing. A source that fails does not keep the others from being checked. */
export async function* checkSources(ports: SourcePorts, names?: readonly string[]): AsyncIterable<SourceFinding> {
  const redact = createRedactor(ports.config.secrets);
  for (const source of ports.config.sources.filter((each) => !names?.length || names.includes(each.name))) {
    let connection: Connection | undefined;
    try {
      connection = await connectSource(ports, source);
      const { connector } = connection;
      const [built, later] = [source.streams.filter((name) => connector.streams.some((stream) => stream.name === name)), source.streams.filter((name) => connector.streams.every((stream) => stream.name !== name))];
      for (const stream of later) yield { source: source.name, finding: { what: 'stream', stream, outcome: 'warning', message: `this version does not read ${stream} yet` } };
      for await (const finding of connector.check(connection.client, built)) yield { source: source.name, finding };
    } catch (error) {
      yield { source: source.name, finding: failed(error, redact) };
    } finally {
      await connection?.close().catch((error: unknown) => ports.log.warn('connection not closed', { source: source.name, error: redact(String(error)) }));
    }
  }
}

function failed(error: unknown, redact: (text: string) => string): CheckFinding {
  if (!(error instanceof SourceError)) return { what: 'reach', outcome: 'failed', message: redact((error as Error).message) };
  const where = error.request ? ` (${error.request.method} ${error.request.url}${error.request.status === undefined ? '' : ` answered ${error.request.status}`})` : '';
  const words = error.vendorWords === undefined ? '' : `: "${error.vendorWords}"`;
  return { what: 'reach', outcome: 'failed', message: redact(`${error.message}${words}${where}`), ...(error.request?.stream !== undefined && { stream: error.request.stream }), ...(error.hint !== undefined && { hint: redact(error.hint) }) };
}

export class DiscoveryUnavailableError extends Error {
  constructor(readonly connector: string) {
    super(`the connector ${connector} cannot discover: what it reads is fixed and stands in its README`);
    this.name = 'DiscoveryUnavailableError';
  }
}

export async function discoverSource(ports: SourcePorts, name: string): Promise<DiscoveryReport> {
  const source = ports.config.sources.find((each) => each.name === name);
  if (!source) throw new Error(`there is no source "${name}" in the configuration`);
  const connection = await connectSource(ports, source);
  try {
    if (!connection.connector.discover) throw new DiscoveryUnavailableError(source.connector);
    const found = await connection.connector.discover(connection.client, source.streams);
    return { formatVersion: 1, source: name, ...found, yaml: discoveredMapping(name, found) };
  } finally {
    await connection.close();
  }
}

/** A paused source is not read until somebody resumes it. */
export class PauseService {
  constructor(private readonly engine: SourcePorts & { readonly database: Database; readonly actor: string }) {}

  pause(name: string, reason: string): Promise<void> {
    return this.set(name, true, reason);
  }

  resume(name: string, reason = ''): Promise<void> {
    return this.set(name, false, reason);
  }

  private async set(name: string, paused: boolean, reason: string): Promise<void> {
    const { config, clock, database, actor } = this.engine;
    const source = config.sources.find((each) => each.name === name);
    if (!source) throw new Error(`there is no source "${name}" in the configuration`);
    await database.transaction(async (tx) => {
      const now = clock.now();
      await registerSource(tx, { name, connector: source.connector, role: source.role, configHash: config.hash.slice(0, 16) }, now);
      await tx.execute('UPDATE sources SET paused = ?, paused_because = ? WHERE name = ?', [paused ? 1 : 0, paused ? reason : null, name]);
      await appendAudit(tx, { at: now, actor, action: paused ? 'sources.pause' : 'sources.resume', subject: { source: name }, ...(reason !== '' && { reason }) });
    });
  }
}
