import type { Group, Verb } from '../verb.js';

export const init: Verb = {
  usage: 'init <connector...>', purpose: 'Write a commented configuration for these connectors, with the least rights that each needs.',
  details: 'Refuses to overwrite a file.',
  arguments: [['connector', 'names of connectors, see `lockstep connector list`']],
  options: [['--out <file>', 'where to write it; - is stdout', { default: 'lockstep.yaml' }]],
  examples: [['lockstep init file', 'start with a spreadsheet'], ['lockstep init NAME OTHER --out prod.yaml', 'two connectors, into prod.yaml'], ['lockstep init file --out -', 'only look at it']],
  run: async (...all) => (await import('../actions/init.js')).init(...all),
};

export const config: Group = {
  name: 'config', purpose: 'Validate, describe and show the configuration.',
  verbs: [
    {
      usage: 'check', purpose: 'Validate the configuration: every mistake at once, each with its place.',
      examples: [['lockstep config check', 'lockstep.yaml here'], ['lockstep config check --config base.yaml --config prod.yaml', 'two files, the later one wins'], ['lockstep config check --json', 'one problem a line, for editors and CI']],
      run: async (...all) => (await import('../actions/config.js')).check(...all),
    },
    {
      usage: 'schema', purpose: 'Print the JSON Schema of the configuration, for editors.',
      examples: [['lockstep config schema > lockstep.schema.json', 'then name it in the first line of your YAML'], ['lockstep config schema | head', 'only look at it']],
      run: async (...all) => (await import('../actions/config.js')).schema(...all),
    },
    {
      usage: 'show', purpose: 'Print the effective configuration: each value with where it comes from, secrets masked.',
      examples: [['lockstep config show', 'all values'], ['lockstep config show | grep safety', 'what guards what'], ['lockstep config show --json', 'as one object']],
      run: async (...all) => (await import('../actions/config.js')).show(...all),
    },
  ],
};
