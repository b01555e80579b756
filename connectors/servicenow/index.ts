import { defineConnector } from '../sdk/contract/index.js';
import { check } from './check.js';
import { connect } from './client.js';
import type { ServiceNowClient } from './session.js';
import { ServiceNowOptions } from './config.js';
import { discover } from './discover.js';
import { manifest } from './manifest.js';
import { streams } from './streams/index.js';
import { webhook } from './webhook.js';

/** ServiceNow: CMDB, hardware assets, relationships, installed software. */
export const connector = defineConnector<ServiceNowClient>({ manifest, optionsClass: ServiceNowOptions, streams, connect, check, discover, webhook });
export default connector;
