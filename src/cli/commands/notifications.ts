import type { Group } from '../verb.js';
import { wholeNumber } from '../numbers.js';
import { NOTICE_KINDS } from '../../core/notices/types.js';

const NOTICE = ['notice', 'its number, as `lockstep notifications list` shows it'] as const;
const WHY = ['--reason <text>', 'why, for the audit and for those who come after'] as const;
const LIMIT = ['--limit <n>', 'at most so many', { parse: wholeNumber('--limit'), default: 100 }] as const;

export const notifications: Group = {
  name: 'notifications', purpose: 'What people are told of, and what became of the messages.',
  verbs: [
    {
      usage: 'list', purpose: 'List notices, the latest first.',
      options: [['--state <state>', 'which', { choices: ['open', 'acknowledged', 'resolved', 'ended', 'standing', 'all'], default: 'standing' }], ['--kind <kind>', 'only of this kind', { choices: NOTICE_KINDS }], ['--source <name>', 'only about this source or target'], LIMIT],
      examples: [['lockstep notifications list', 'what stands'], ['lockstep notifications list --kind run_failed --state all', 'runs that failed, the past included'], ['lockstep notifications list --json', 'one notice a line']],
      run: async (...all) => (await import('../actions/notifications.js')).list(...all),
    },
    {
      usage: 'show <notice>', purpose: 'Show one: what happened, what to do, who was told when.', arguments: [NOTICE],
      examples: [['lockstep notifications show 7', 'with its deliveries'], ['lockstep notifications show 7 --json', 'as one object']],
      run: async (...all) => (await import('../actions/notifications.js')).show(...all),
    },
    {
      usage: 'acknowledge <notice>', purpose: 'Somebody cares: no reminders any more, only the word that it is over.', arguments: [NOTICE], options: [WHY],
      examples: [['lockstep notifications acknowledge 7', 'in your name'], ['lockstep notifications acknowledge 7 --reason "case 4711 is open"', 'and why']],
      run: async (...all) => (await import('../actions/notifications.js')).acknowledge(...all),
    },
    {
      usage: 'snooze <notice>', purpose: 'Be silent for a while; told again after it, if it still stands.', arguments: [NOTICE], options: [['--for <duration>', 'how long, such as 4h', { required: true }], WHY],
      examples: [['lockstep notifications snooze 7 --for 4h', 'until after lunch'], ['lockstep notifications snooze 7 --for 3d --reason "change freeze"', 'over the weekend']],
      run: async (...all) => (await import('../actions/notifications.js')).snooze(...all),
    },
    {
      usage: 'resolve <notice>', purpose: 'Call it done while it still stands: silent until its cause has gone away and come back.', arguments: [NOTICE], options: [['--reason <text>', 'why, for the audit and for those who come after', { required: true }]],
      examples: [['lockstep notifications resolve 7 --reason "known, the vendor says so"', 'those who were told hear of it'], ['lockstep notifications list --state resolved', 'what was called done']],
      run: async (...all) => (await import('../actions/notifications.js')).resolve(...all),
    },
    {
      usage: 'deliveries', purpose: 'List messages to channels, the latest first: what was sent, what was answered.',
      options: [['--channel <name>', 'only to this channel'], ['--state <state>', 'only in this state', { choices: ['gathering', 'owed', 'sending', 'sent', 'failed'] }], LIMIT],
      examples: [['lockstep notifications deliveries --state failed', 'what was given up'], ['lockstep notifications deliveries --json', 'one message a line']],
      run: async (...all) => (await import('../actions/notifications.js')).deliveries(...all),
    },
    {
      usage: 'redeliver <delivery>', purpose: 'Send a message again now, under its own id, whatever became of it.', arguments: [['delivery', 'its number, as `lockstep notifications deliveries` shows it']],
      examples: [['lockstep notifications deliveries --state failed', 'which there are'], ['lockstep notifications redeliver 12', 'after the receiver was mended']],
      run: async (...all) => (await import('../actions/notifications.js')).redeliver(...all),
    },
    {
      usage: 'test [channel...]', purpose: 'Send a test message and say what the channel answered.', arguments: [['channel', 'names of `notifications.channels`; none: all']],
      examples: [['lockstep notifications test', 'every channel'], ['lockstep notifications test operations', 'one']],
      run: async (...all) => (await import('../actions/notifications.js')).test(...all),
    },
  ],
};
