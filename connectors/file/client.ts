import type { Clock, ConnectContext, ConnectorLog, SourceConfig } from '../sdk/contract/index.js';
import type { FileOptions } from './config.js';

/** Nothing is opened before a pass begins. */
export interface FileClient {
  readonly source: SourceConfig;
  readonly options: FileOptions;
  readonly clock: Clock;
  readonly log: ConnectorLog;
  readonly signal: AbortSignal;
}

export const connect = ({ source, clock, log, signal }: ConnectContext): FileClient => ({ source, options: source.options as unknown as FileOptions, clock, log, signal });
