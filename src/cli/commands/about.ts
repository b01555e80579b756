import type { Verb } from '../verb.js';

export const version: Verb = {
  usage: 'version', purpose: 'Print the version of Lockstep and of Node.',
  examples: [['lockstep version', 'for people'], ['lockstep version --json', 'for bug reports']],
  run: async (...all) => (await import('../actions/version.js')).version(...all),
};

export const completion: Verb = {
  usage: 'completion <shell>', purpose: 'Print a completion script for bash, zsh or fish, with the names of your sources.',
  arguments: [['shell', 'bash, zsh or fish']],
  details: 'Source names are those of the configuration at the time: print it again when they change.',
  examples: [
    ['source <(lockstep completion bash)', 'for this shell'], ['lockstep completion zsh > ~/.zfunc/_lockstep', 'for every zsh (a folder in your fpath)'],
    ['lockstep completion fish > ~/.config/fish/completions/lockstep.fish', 'for every fish'],
  ],
  run: async (...all) => (await import('../actions/completion.js')).completion(...all),
};
