import type { Group, Verb } from '../verb.js';

export const identity: Group = {
  name: 'identity', purpose: 'Try identity rules.',
  verbs: [{
    usage: 'match <file>', purpose: 'Show what pasted records would join: canonical form, rules that fire, and why not others. Stores nothing.',
    details: 'The file holds one JSON object, a list of them, one a line, or CSV with a header; keys are named as attributes and identifier kinds.',
    arguments: [['file', 'JSON, NDJSON or CSV; - is stdin']],
    examples: [['lockstep identity match laptop.json', 'a record in a file'], ['pbpaste | lockstep identity match -', 'a record from the clipboard'], ['lockstep identity match sheet.csv --json', 'one record a line']],
    run: async (...all) => (await import('../actions/identity.js')).match(...all),
  }],
};

export const rebuild: Verb = {
  usage: 'rebuild', purpose: 'Resolve every asset again from what is stored, or compare only.',
  options: [['--verify', 'only compare, each asset at the instant of its last resolve; exit 1 on any difference']],
  examples: [['lockstep rebuild --verify', 'is the model what its records say?'], ['lockstep rebuild', 'after rules changed; `lockstep plan --rules` shows it before']],
  run: async (...all) => (await import('../actions/rebuild.js')).rebuild(...all),
};

export const connector: Group = {
  name: 'connector', purpose: 'What Lockstep can speak to.',
  verbs: [{
    usage: 'list', purpose: 'List the bundled connectors with their streams and ways to sign in.',
    examples: [['lockstep connector list', 'for people'], ['lockstep connector list --json', 'one connector a line']],
    run: async (...all) => (await import('../actions/connector.js')).list(...all),
  }],
};

export const backup: Verb = {
  usage: 'backup <file>', purpose: 'Write a consistent copy of the SQLite database, also while it is used.', arguments: [['file', 'a file that does not exist yet']],
  examples: [['lockstep backup backups/monday.db', 'then keep it elsewhere'], ['lockstep backup "backups/$(date +%F).db"', 'one a day, from cron']],
  run: async (...all) => (await import('../actions/backup.js')).backup(...all),
};
