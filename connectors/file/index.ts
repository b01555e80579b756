import { defineConnector } from '../sdk/contract/index.js';
import { check, discover } from './check.js';
import { connect, type FileClient } from './client.js';
import { FileOptions } from './config.js';
import { manifest } from './manifest.js';
import { records } from './streams/records.js';

/** CSV, JSON and NDJSON files: the way in for spreadsheets and exports, and for trying identity rules. */
export const connector = defineConnector<FileClient>({ manifest, optionsClass: FileOptions, streams: [records], connect, check, discover });
export default connector;
