import type { Group } from '../verb.js';

export const report: Group = {
  name: 'report', purpose: 'What the model as a whole shows.',
  verbs: [
    {
      usage: 'contradictions', purpose: 'List assets whose life cycle stage does not fit what is observed: retired but seen, disposed but running, in use but silent.',
      options: [['--silent-after <duration>', 'so long an asset in use may go unseen (default: 30d)']],
      examples: [['lockstep report contradictions', 'what somebody should look at'], ['lockstep report contradictions --silent-after 14d --json', 'one finding a line']],
      run: async (...all) => (await import('../actions/reports.js')).contradictions(...all),
    },
  ],
};
