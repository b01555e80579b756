import { type Group, type OptionMore, type Verb } from '../verb.js';
import { wholeNumber } from '../numbers.js';

const SOURCES = [['source', 'names of sources; none: all']] as const;
const LIMIT = (most: number): OptionMore => ({ parse: wholeNumber('--limit'), default: most });

export const check: Verb = {
  usage: 'check [source...]', purpose: 'Reach each source, sign in, and name each missing right and the clock skew; changes nothing.',
  arguments: SOURCES,
  examples: [['lockstep check', 'every source'], ['lockstep check crm', 'one source'], ['lockstep check --json', 'one object, for monitoring']],
  run: async (...all) => (await import('../actions/sources.js')).check(...all),
};

export const discover: Verb = {
  usage: 'discover <source>', purpose: 'Show the tables, fields and choices of this instance, as a mapping that `config check` accepts.',
  arguments: [['source', 'name of a source']],
  examples: [['lockstep discover crm', 'print the mapping'], ['lockstep discover crm > mapping.yaml', 'keep it, then use it with --config']],
  run: async (...all) => (await import('../actions/sources.js')).discover(...all),
};

export const sync: Verb = {
  usage: 'sync [source...]', purpose: 'Read sources once, now, and reconcile what they say into the model.',
  details: 'Ctrl-C ends it after what is being stored; a run that was interrupted goes on where it ended.',
  arguments: SOURCES,
  options: [['--full', 'read everything again, not only what changed'], ['--stream <name>', 'only this stream'], ['--no-push', 'write nothing to any source']],
  examples: [['lockstep sync', 'every source'], ['lockstep sync crm --full', 'one source, all of it'], ['lockstep sync --json', 'one object with the counts of each run']],
  run: async (...all) => (await import('../actions/sync.js')).sync(...all),
};

export const serve: Verb = {
  usage: 'serve', purpose: 'Run the service: schedules, deliveries, jobs and the API, until it is stopped.',
  details: 'Logs are JSON lines on stdout. SIGTERM or Ctrl-C ends it in good order within 25 s; SIGHUP reads the configuration again, which is taken as a whole or not at all. Other commands go on working beside it.',
  options: [['--role <role>', 'what this process does; several processes need a MySQL or MariaDB database', { choices: ['all', 'api', 'worker', 'scheduler'], default: 'all' }]],
  examples: [['lockstep serve', 'everything in one process'], ['lockstep serve --role worker', 'one more worker on the same database']],
  run: async (...all) => (await import('../actions/serve.js')).serve(...all),
};

export const plan: Verb = {
  usage: 'plan [source...]', purpose: 'Show what a sync would change, writing nothing: the same engine on a scratch copy.',
  arguments: SOURCES,
  options: [
    ['--full', 'as if everything were read again'], ['--stream <name>', 'only this stream'], ['--rules', 'what the present rules would change in the stored model, asking no source'],
    ['--out <file>', 'also write the plan as JSON to this file'], ['--detailed-exitcode', 'exit 3 when changes are due'], ['--all', 'every line of each group'],
  ],
  examples: [['lockstep plan', 'what a sync would do now'], ['lockstep plan --rules', 'after editing identity or authority rules'], ['lockstep plan --detailed-exitcode', 'in CI: 0 nothing to do, 3 changes']],
  run: async (...all) => (await import('../actions/plan.js')).plan(...all),
};

export const runs: Group = {
  name: 'runs', purpose: 'What runs have done.',
  verbs: [
    {
      usage: 'list', purpose: 'List runs, the latest first.',
      options: [['--source <name>', 'only of this source'], ['--status <status>', 'only these', { choices: ['running', 'succeeded', 'partial', 'suspect', 'failed', 'interrupted', 'skipped'] }], ['--limit <n>', 'at most so many', LIMIT(20)]],
      examples: [['lockstep runs list', 'the latest 20'], ['lockstep runs list --status failed', 'failures first'], ['lockstep runs list --source crm --json', 'one run a line']],
      run: async (...all) => (await import('../actions/runs.js')).list(...all),
    },
    {
      usage: 'show <run>', purpose: 'Show one run: streams, scopes, what it changed, why it failed.',
      arguments: [['run', 'its id, or "last"']],
      examples: [['lockstep runs show last', 'the latest run'], ['lockstep runs show run-lz3k9q-1a2b3c4d', 'by its id']],
      run: async (...all) => (await import('../actions/runs.js')).show(...all),
    },
  ],
};

export const sources: Group = {
  name: 'sources', purpose: 'The systems that are read.',
  verbs: [
    {
      usage: 'list', purpose: 'List the sources: state, records, last runs.',
      examples: [['lockstep sources list', 'is every system talking?'], ['lockstep sources list --json', 'one source a line']],
      run: async (...all) => (await import('../actions/sources.js')).list(...all),
    },
    {
      usage: 'show <source>', purpose: 'Show one source with its streams, and the URL that its webhook needs.', arguments: [['source', 'name of a source']],
      examples: [['lockstep sources show crm', 'its streams and last run'], ['lockstep sources show crm --json', 'as one object']],
      run: async (...all) => (await import('../actions/sources.js')).show(...all),
    },
    {
      usage: 'pause <source>', purpose: 'Stop reading a source until it is resumed.', arguments: [['source', 'name of a source']],
      options: [['--reason <text>', 'why, for those who wonder', { required: true }]],
      examples: [['lockstep sources pause crm --reason "migration until Monday"', 'runs skip it'], ['lockstep sources list', 'shows who is paused, and why']],
      run: async (...all) => (await import('../actions/sources.js')).pause(...all),
    },
    {
      usage: 'resume <source>', purpose: 'Read a paused source again.', arguments: [['source', 'name of a source']],
      examples: [['lockstep sources resume crm', 'the next sync reads it'], ['lockstep sync crm', 'and this does it now']],
      run: async (...all) => (await import('../actions/sources.js')).resume(...all),
    },
  ],
};

