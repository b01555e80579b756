import { defineConnector } from '../sdk/contract/index.js';
import { check } from './check.js';
import { connect } from './client.js';
import { HaloOptions } from './config.js';
import { discover } from './discover.js';
import { manifest } from './manifest.js';
import type { HaloClient } from './session.js';
import { streams } from './streams/index.js';
import { webhook } from './webhook.js';

/** HaloITSM: assets, their relations, and what they refer to. */
export const connector = defineConnector<HaloClient>({ manifest, optionsClass: HaloOptions, streams, connect, check, discover, webhook });
export default connector;
