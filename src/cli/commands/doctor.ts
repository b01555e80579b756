import type { Verb } from '../verb.js';

export const doctor: Verb = {
  usage: 'doctor', purpose: 'Examine configuration, versions, database, sources and stuck work, and say what to do; changes nothing.',
  details: 'Exit code 1 if anything has failed. It works beside a running service.',
  options: [
    ['--offline', 'ask no source'], ['--live', 'only ask the running service whether it is ready, for health checks: exit code 0 or 1'],
    ['--bundle <file>', 'also write a support bundle (tar.gz) without secrets and without values of records'],
  ],
  examples: [['lockstep doctor', 'everything'], ['lockstep doctor --offline --bundle lockstep.tar.gz', 'what support will ask for'], ['lockstep doctor --live', 'the HEALTHCHECK of a container']],
  run: async (...all) => (await import('../actions/doctor.js')).doctor(...all),
};
