import { collect, type Group } from '../verb.js';
import { wholeNumber } from '../numbers.js';
import { hold, transition } from './pushing.js';

const ASSET = ['asset', 'an id (also one that has merged), kind:value such as serial:ABC123, or a bare identifier or name'] as const;
const REASON = ['--reason <text>', 'why, for the audit and for those who come after', { required: true }] as const;
const YES = ['--yes', 'do not ask'] as const;

export const assets: Group = {
  name: 'assets', purpose: 'Read the model, and decide where tools disagree.',
  verbs: [
    {
      usage: 'list', purpose: 'List assets.',
      options: [
        ['--class <name>', 'of this class or one below it; repeatable', { parse: collect }], ['--stage <stage>', 'in this life cycle stage; repeatable', { parse: collect }],
        ['--source <name>', 'that this source has; repeatable', { parse: collect }], ['--search <text>', 'with this text in a name, attribute or identifier'], ['--limit <n>', 'at most so many (default: 50, with --json all)', { parse: wholeNumber('--limit') }],
      ],
      examples: [['lockstep assets list --class hardware --stage in_use', 'computers, servers, printers … in use'], ['lockstep assets list --search web-01', 'whatever looks like it'], ['lockstep assets list --json | wc -l', 'how many there are']],
      run: async (...all) => (await import('../actions/assets.js')).list(...all),
    },
    {
      usage: 'show <asset>', purpose: 'Show one asset: values, identifiers, records, relationships, software, open reviews.', arguments: [ASSET],
      examples: [['lockstep assets show serial:ABC123', 'by an identifier'], ['lockstep assets show web-01', 'by its name, if only one has it'], ['lockstep assets show web-01 --json', 'as one object']],
      run: async (...all) => (await import('../actions/assets.js')).show(...all),
    },
    {
      usage: 'history <asset>', purpose: 'Show what changed, when and by what.', arguments: [ASSET],
      options: [['--attribute <name>', 'only this attribute; stage and class are ones too'], ['--limit <n>', 'the latest so many', { parse: wholeNumber('--limit'), default: 200 }]],
      examples: [['lockstep assets history web-01', 'oldest first'], ['lockstep assets history web-01 --attribute stage', 'its life'], ['lockstep assets history web-01 --json', 'one change a line']],
      run: async (...all) => (await import('../actions/assets.js')).history(...all),
    },
    {
      usage: 'explain <asset> [attribute]', purpose: 'Say why: who won and who lost each value, by which rule; which identifiers made it one asset.',
      arguments: [ASSET, ['attribute', 'only this one; stage and class are ones too']],
      options: [['--why-not <source>', 'why this source does not have its way']],
      examples: [['lockstep assets explain web-01', 'everything'], ['lockstep assets explain web-01 os_version', 'one value'], ['lockstep assets explain web-01 location --why-not crm', 'why not what crm says']],
      run: async (...all) => (await import('../actions/assets.js')).explain(...all),
    },
    {
      usage: 'merge <asset> <other...>', purpose: 'Decide that assets are one, now and later.', arguments: [ASSET, ['other', 'assets that are the same thing']], options: [REASON, YES],
      examples: [['lockstep assets merge serial:A1 serial:A2 --reason "mainboard swapped"', 'asks first'], ['lockstep assets merge web-01 web-01-old --reason renamed --yes', 'does not ask']],
      run: async (...all) => (await import('../actions/decisions.js')).merge(...all),
    },
    {
      usage: 'split <asset> <record...>', purpose: 'Decide that records are not this asset, now and later.', arguments: [ASSET, ['record', 'source/stream/externalId, as `assets show` lists them']], options: [REASON, YES],
      examples: [['lockstep assets split web-01 crm/computers/42 --reason "another machine"', 'asks first'], ['lockstep assets split web-01 crm/computers/42 --reason clone --yes', 'does not ask']],
      run: async (...all) => (await import('../actions/decisions.js')).split(...all),
    },
    {
      usage: 'override <asset> <attribute> [value]', purpose: 'Pin a value until it is released or ends.', details: 'An empty value says that it is known to be empty.',
      arguments: [ASSET, ['attribute', 'an attribute, stage or class'], ['value', 'the value; none with --release']],
      options: [['--until <when>', 'its end: a day, an instant, or a duration such as 30d'], ['--release', 'take the pin away'], REASON, YES],
      examples: [['lockstep assets override web-01 location Berlin --reason "seen there" --until 2027-01-31', 'until that day'], ['lockstep assets override web-01 owner ann@example.com --reason "asked her"', 'until released'], ['lockstep assets override web-01 location --release --reason "moved"', 'take it away']],
      run: async (...all) => (await import('../actions/decisions.js')).override(...all),
    },
    transition, hold,
  ],
};
