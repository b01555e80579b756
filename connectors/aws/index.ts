import { defineConnector, type ConnectContext } from '../sdk/contract/index.js';
import { check } from './check.js';
import { AwsClient } from './client.js';
import { AwsOptions } from './config.js';
import { manifest } from './manifest.js';
import { instances } from './streams/instances.js';
import { volumes } from './streams/volumes.js';

export const connector = defineConnector<AwsClient>({
  manifest,
  optionsClass: AwsOptions,
  streams: [instances, volumes],
  async connect(context: ConnectContext) {
    const { commands, createSdk } = await import('./sdk.js');
    return new AwsClient(context, createSdk(context.source, () => context.clock.now()), commands);
  },
  check,
  async close(client) {
    client.sdk.close();
  },
});

export default connector;
