import type { Group, Verb } from '../verb.js';
import { assets } from './assets.js';
import { completion, version } from './about.js';
import { config, init } from './config.js';
import { connector, identity, backup, rebuild } from './model.js';
import { doctor } from './doctor.js';
import { demo } from '../demo-verb.js';
import { notifications } from './notifications.js';
import { report } from './reports.js';
import { deadLetters, outbox, push, undo } from './pushing.js';
import { audit, token } from './tokens.js';
import { quarantine, reviews } from './waiting.js';
import { check, discover, plan, runs, serve, sources, sync } from './running.js';

/** Everything that can be typed, in the order in which somebody new needs it. */
export const COMMANDS: readonly (Verb | Group)[] = [
  demo, init, config, check, discover, sync, plan, push, serve, assets, identity, reviews, quarantine, outbox, deadLetters, undo, runs, sources, notifications, report, rebuild, connector, token, audit, backup, doctor, completion, version,
];
