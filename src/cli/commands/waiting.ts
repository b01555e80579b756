import { collect, collectWhole, type Group } from '../verb.js';
import { wholeNumber } from '../numbers.js';

const REVIEW = ['review', 'its number, as `lockstep reviews list` shows it'] as const;
const REASON = ['--reason <text>', 'why, for the audit and for those who come after', { required: true }] as const;
const YES = ['--yes', 'do not ask'] as const;

export const reviews: Group = {
  name: 'reviews', purpose: 'What only a person may decide.',
  verbs: [
    {
      usage: 'list', purpose: 'List open reviews.',
      options: [['--kind <kind>', 'only of this kind'], ['--source <name>', 'only about this source'], ['--status <status>', 'which', { choices: ['open', 'resolved', 'over', 'all'], default: 'open' }], ['--limit <n>', 'at most so many', { parse: wholeNumber('--limit'), default: 100 }]],
      examples: [['lockstep reviews list', 'what waits'], ['lockstep reviews list --kind contested_value', 'values that several machines claim'], ['lockstep reviews list --status all --json', 'one review a line']],
      run: async (...all) => (await import('../actions/reviews.js')).list(...all),
    },
    {
      usage: 'show <review>', purpose: 'Show one review: the records side by side, and the answers that it takes.', arguments: [REVIEW],
      examples: [['lockstep reviews show 12', 'what differs is bright'], ['lockstep reviews show 12 --json', 'as one object']],
      run: async (...all) => (await import('../actions/reviews.js')).show(...all),
    },
    {
      usage: 'resolve <review>', purpose: 'Answer a review, for all of its records or for some.', arguments: [REVIEW],
      options: [['--as <answer>', 'the answer', { choices: ['merge', 'apart', 'accept', 'reject', 'release', 'ours', 'theirs'], required: true }], ['--only <record>', 'only this record (source/stream/externalId); repeatable', { parse: collectWhole }], ['--field <name>', 'of an alignment: only this field; repeatable', { parse: collect }], ['--keep', 'of an alignment: the same for whatever joins later'], REASON, YES],
      examples: [['lockstep reviews resolve 12 --as apart --reason "two laptops, one sticker"', 'they are two'], ['lockstep reviews resolve 15 --as release --reason "warehouse closed" --yes', 'let a held set take effect'], ['lockstep reviews resolve 18 --as ours --field location --reason "we know where it is"', 'one field of an alignment']],
      run: async (...all) => (await import('../actions/reviews.js')).resolve(...all),
    },
  ],
};

const ENTRIES = ['entry', 'numbers, as `lockstep quarantine list` shows them'] as const;

export const quarantine: Group = {
  name: 'quarantine', purpose: 'Records that could not be processed.',
  verbs: [
    {
      usage: 'list', purpose: 'List them by reason.', options: [['--source <name>', 'only of this source'], ['--limit <n>', 'at most so many', { parse: wholeNumber('--limit'), default: 1_000 }]],
      examples: [['lockstep quarantine list', 'grouped by reason'], ['lockstep quarantine list --source crm --json', 'one record a line']],
      run: async (...all) => (await import('../actions/quarantine.js')).list(...all),
    },
    {
      usage: 'show <entry>', purpose: 'Show one as it came, and why it was refused.', arguments: [['entry', 'its number']],
      examples: [['lockstep quarantine show 7', 'the record and the reason'], ['lockstep quarantine show 7 --json', 'as one object']],
      run: async (...all) => (await import('../actions/quarantine.js')).show(...all),
    },
    {
      usage: 'replay [entry...]', purpose: 'Take stored records through the present mapping; no source is asked.', arguments: [ENTRIES],
      options: [['--source <name>', 'all of this source'], ['--all', 'all there are']],
      examples: [['lockstep quarantine replay 7', 'one'], ['lockstep quarantine replay --source crm', 'after its mapping was mended'], ['lockstep quarantine replay --all', 'everything']],
      run: async (...all) => (await import('../actions/quarantine.js')).replay(...all),
    },
    {
      usage: 'discard <entry...>', purpose: 'Throw stored records away for good.', arguments: [ENTRIES], options: [REASON, YES],
      examples: [['lockstep quarantine discard 7 --reason "a test record"', 'asks first'], ['lockstep quarantine discard 7 8 --reason "test records" --yes', 'does not ask']],
      run: async (...all) => (await import('../actions/quarantine.js')).discard(...all),
    },
  ],
};
