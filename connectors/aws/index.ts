import { defineConnector, type ConnectContext, type Connector } from '../sdk/contract/index.js';
import { check } from './check.js';
import { AwsClient } from './client.js';
import { AwsOptions } from './config.js';
import { manifest } from './manifest.js';
import type { Timeouts } from './sdk.js';
import { instances } from './streams/instances.js';
import { volumes } from './streams/volumes.js';

/** Longer than any honest page takes. */
const TIMEOUTS: Timeouts = { connectMs: 5_000, answerMs: 30_000, callMs: 120_000 };

/** With other timeouts: a server that hangs is waited for in real time, which tests cannot spare. */
export const createConnector = (timeouts: Timeouts = TIMEOUTS): Connector<AwsClient> => defineConnector<AwsClient>({
  manifest,
  optionsClass: AwsOptions,
  streams: [instances, volumes],
  async connect(context: ConnectContext) {
    const { commands, createSdk } = await import('./sdk.js');
    return new AwsClient(context, createSdk(context.source, () => context.clock.now(), timeouts), commands);
  },
  check,
  async close(client) {
    client.sdk.close();
  },
});

export const connector = createConnector();
export default connector;
