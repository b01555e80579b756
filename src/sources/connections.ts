import type { Clock, Connector, ConnectorLog } from '../../connectors/sdk/contract/index.js';
import { createHttp, type SourceHttp } from '../../connectors/sdk/http/index.js';
import type { LoadedConfig, SourceSettings } from '../config/types.js';
import type { ConnectorCatalogue } from '../config/index.js';
import type { Metrics } from '../observability/metrics-port.js';
import { wantedPaths } from './wanted.js';

/** A connector speaking to one configured source. */
export interface Connection {
  readonly source: SourceSettings;
  readonly connector: Connector;
  readonly client: unknown;
  readonly http: SourceHttp;
  close(): Promise<void>;
}

export interface ConnectPorts {
  readonly config: LoadedConfig;
  readonly catalogue: ConnectorCatalogue;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
  readonly metrics?: Metrics;
}

/** No request is sent yet. One rate budget serves all that the source is asked. */
export async function connectSource(ports: ConnectPorts, source: SourceSettings): Promise<Connection> {
  const connector = await ports.catalogue.load(source.connector, source.folder);
  if (!connector) throw new Error(`the connector "${source.connector}" of source "${source.name}" is gone since the configuration was checked`);
  const log: ConnectorLog = {
    debug: (message, fields) => ports.log.debug(message, { source: source.name, ...fields }),
    info: (message, fields) => ports.log.info(message, { source: source.name, ...fields }),
    warn: (message, fields) => ports.log.warn(message, { source: source.name, ...fields }),
  };
  const http = createHttp({
    source: source.name, ...(source.baseUrl !== undefined && { baseUrl: source.baseUrl }), clock: ports.clock, signal: ports.signal, log, concurrency: connector.manifest.concurrency,
    ...(source.tls && { tls: source.tls }), folder: source.folder, secrets: ports.config.secrets,
    onWait: (ms, reason) => ports.metrics?.observe('lockstep_source_wait_seconds', ms / 1_000, { source: source.name, reason }),
  });
  const client = await connector.connect({ source: { ...source, wanted: wantedPaths(source.mapping) }, http, clock: ports.clock, log, signal: ports.signal });
  return {
    source, connector, client, http,
    close: async () => {
      await connector.close?.(client);
      http.close();
    },
  };
}
