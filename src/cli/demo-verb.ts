import type { Verb } from './verb.js';

export const demo: Verb = {
  usage: 'demo', purpose: 'Show everything on this computer, against stand-ins of the real systems; needs no credential.',
  details: 'Starts stand-ins that know one made-up company, writes a configuration and a database into a temporary folder, syncs, explains what came out, and leaves everything running for you to try until Ctrl-C.',
  options: [['--once', 'end by itself and leave nothing behind']],
  examples: [['lockstep demo', 'stays up, so that you can try the other commands'], ['lockstep demo --once', 'ends by itself'], ['lockstep demo --once --json', 'all that it found, as one object']],
  run: async (...all) => (await import('./demo.js')).demo(...all),
};
