import { nodeIo } from './cli/io.js';
import { run } from './cli/run.js';

/** The service, as `nest start` and containers begin it: `lockstep serve` under another name. */
const code = await run(['serve', ...process.argv.slice(2)], nodeIo());
process.exit(code);
