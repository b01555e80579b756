import { defineConnector } from '../sdk/contract/index.js';
import { check } from './check.js';
import { NvdClient } from './client.js';
import { NvdOptions } from './config.js';
import { manifest } from './manifest.js';
import { vulnerabilities } from './streams/vulnerabilities.js';

export const connector = defineConnector<NvdClient>({
  manifest,
  optionsClass: NvdOptions,
  streams: [vulnerabilities],
  connect: (context) => new NvdClient(context),
  check,
});

export default connector;
