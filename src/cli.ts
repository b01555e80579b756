#!/usr/bin/env node
import { nodeIo } from './cli/io.js';
import { run } from './cli/run.js';

const code = await run(process.argv.slice(2), nodeIo());
// Idle sockets and timers of others must not keep a command that is over.
process.exit(code);
