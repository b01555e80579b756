import type { Group, Verb } from '../verb.js';
import { wholeNumber } from '../numbers.js';

const REASON = ['--reason <text>', 'why, for the audit and for those who come after', { required: true }] as const;
const YES = ['--yes', 'do not ask'] as const;
const TARGET = [['source', 'name of a target']] as const;

export const push: Verb = {
  usage: 'push [source...]', purpose: 'Deliver now what targets are owed; with --dry-run say exactly what that would be.',
  details: 'Nothing leaves unless environment.writes is on and push.enabled is set for the source. Every write is read back; what a target accepts and does not show is looked at again later.',
  arguments: [['source', 'names of targets; none: all']],
  options: [['--dry-run', 'show each field difference by target, writing nothing'], ['--markdown', 'with --dry-run: as Markdown, for a change request'], ['--patience <duration>', 'wait so long for what falls due soon (default: 10s)']],
  examples: [['lockstep push --dry-run', 'what would be written where'], ['lockstep push crm', 'deliver to one target'], ['lockstep push --dry-run --markdown > change.md', 'for the change board']],
  run: async (...all) => (await import('../actions/push.js')).push(...all),
  below: [
    {
      usage: 'pause <source>', purpose: 'Write nothing to a target until it is resumed; what it is owed stays.', arguments: TARGET, options: [REASON],
      examples: [['lockstep push pause crm --reason "change freeze until Monday"', 'reading goes on'], ['lockstep outbox list --target crm', 'what waits']],
      run: async (...all) => (await import('../actions/push.js')).pause(...all),
    },
    {
      usage: 'resume <source>', purpose: 'Write to a paused target again.', arguments: TARGET,
      examples: [['lockstep push resume crm', 'the next sync or push delivers'], ['lockstep push crm', 'and this does it now']],
      run: async (...all) => (await import('../actions/push.js')).resume(...all),
    },
  ],
};

export const outbox: Group = {
  name: 'outbox', purpose: 'What targets are owed.',
  verbs: [
    {
      usage: 'list', purpose: 'List what is owed, with each field difference and what it waits for.',
      options: [['--target <name>', 'only to this target'], ['--state <state>', 'only in this state', { choices: ['owed', 'waiting', 'sending', 'looking', 'dead'] }], ['--limit <n>', 'at most so many', { parse: wholeNumber('--limit') }]],
      examples: [['lockstep outbox list', 'everything'], ['lockstep outbox list --target crm --state waiting', 'what waits for a person'], ['lockstep outbox list --json', 'one debt a line']],
      run: async (...all) => (await import('../actions/push.js')).outbox(...all),
    },
    {
      usage: 'log <asset>', purpose: 'Show what was written for an asset: when, why, what was answered, what stood there afterwards.', arguments: [['asset', 'an id, kind:value, or a bare identifier or name']],
      options: [['--limit <n>', 'the latest so many', { parse: wholeNumber('--limit'), default: 50 }]],
      examples: [['lockstep outbox log web-01', 'the latest first'], ['lockstep outbox log web-01 --json', 'one attempt a line']],
      run: async (...all) => (await import('../actions/push.js')).log(...all),
    },
  ],
};

const LETTER = ['letter', 'its number, as `lockstep dead-letters list` shows it'] as const;

export const deadLetters: Group = {
  name: 'dead-letters', purpose: 'Pushes that gave up.',
  verbs: [
    {
      usage: 'list', purpose: 'List them by reason.', options: [['--target <name>', 'only of this target']],
      examples: [['lockstep dead-letters list', 'grouped by reason'], ['lockstep dead-letters list --json', 'one letter a line']],
      run: async (...all) => (await import('../actions/push.js')).deadLetters(...all),
    },
    {
      usage: 'show <letter>', purpose: 'Show one: what was to be written, what the target said, what to do.', arguments: [LETTER],
      examples: [['lockstep dead-letters show 7', 'with its attempts'], ['lockstep dead-letters show 7 --json', 'as one object']],
      run: async (...all) => (await import('../actions/push.js')).deadLetter(...all),
    },
    {
      usage: 'replay [letter...]', purpose: 'Try again, with what is wanted now: a mended mapping, an override, a choice that exists there.', arguments: [['letter', 'their numbers']],
      options: [['--all', 'all there are'], ['--target <name>', 'all of this target']],
      examples: [['lockstep dead-letters replay 7', 'one'], ['lockstep dead-letters replay --target crm', 'after crm was mended'], ['lockstep dead-letters replay --all', 'everything']],
      run: async (...all) => (await import('../actions/push.js')).replay(...all),
    },
    {
      usage: 'resolve <letter>', purpose: 'Cure one whose record has another id in the target now.', arguments: [LETTER],
      options: [['--record <record>', 'the record that is meant (source/stream/externalId)', { required: true }], REASON],
      examples: [['lockstep dead-letters resolve 7 --record crm/computers/42 --reason "created anew there"', 'from now on this record is the asset’s'], ['lockstep push crm', 'and it is written']],
      run: async (...all) => (await import('../actions/push.js')).cure(...all),
    },
    {
      usage: 'discard <letter...>', purpose: 'Leave the target as it is, until our value changes again.', arguments: [['letter', 'their numbers']], options: [REASON, YES],
      examples: [['lockstep dead-letters discard 7 --reason "crm keeps its own"', 'asks first'], ['lockstep dead-letters discard 7 8 --reason "crm keeps its own" --yes', 'does not ask']],
      run: async (...all) => (await import('../actions/push.js')).discard(...all),
    },
  ],
};

export const undo: Group = {
  name: 'undo', purpose: 'Take back what was done.',
  verbs: [
    {
      usage: 'push <id>', purpose: 'Write the old values back where the target still holds ours.', arguments: [['id', 'of a push, or the number of one attempt, as `lockstep outbox log` shows them']], options: [REASON, YES],
      examples: [['lockstep undo push push-lz3k9q-1a2b3c4d --reason "wrong mapping"', 'everything that this push wrote'], ['lockstep undo push 42 --reason "wrong mapping" --yes', 'one write']],
      run: async (...all) => (await import('../actions/push.js')).undoPush(...all),
    },
  ],
};

export const transition: Verb = {
  usage: 'transition <asset> <stage>', purpose: 'Move an asset to another life cycle stage; every tool that holds it follows.', details: 'A move, not a pin: a later one elsewhere outranks it.',
  arguments: [['asset', 'an id, kind:value, or a bare identifier or name'], ['stage', 'requested, acquired, deployed, in_use, maintenance, retired or disposed']],
  options: [['--evidence <reference>', 'of a disposal: the reference that proves it'], REASON, YES],
  examples: [['lockstep assets transition web-01 retired --reason "replaced by web-02"', 'asks first'], ['lockstep assets transition serial:A1 disposed --evidence WD-2026-117 --reason "shredded" --yes', 'with its proof']],
  run: async (...all) => (await import('../actions/decisions.js')).transition(...all),
};

export const hold: Verb = {
  usage: 'hold <asset> <hold>', purpose: 'Keep an asset from moving on, or let it go: legal, lost or stolen.',
  arguments: [['asset', 'an id, kind:value, or a bare identifier or name'], ['hold', 'legal, lost or stolen']], options: [['--lift', 'take the hold away'], REASON],
  examples: [['lockstep assets hold web-01 legal --reason "case 4711"', 'it cannot be disposed'], ['lockstep assets hold web-01 legal --lift --reason "case closed"', 'it can again']],
  run: async (...all) => (await import('../actions/decisions.js')).hold(...all),
};
