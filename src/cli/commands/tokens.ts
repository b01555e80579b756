import type { Group } from '../verb.js';

export const token: Group = {
  name: 'token', purpose: 'Who may call the API.',
  verbs: [
    {
      usage: 'create <name>', purpose: 'Make a token; it is shown once.', arguments: [['name', 'what it is for: stands in the audit']],
      options: [['--role <role>', 'viewer, operator, approver, admin, or ingest:<source>', { required: true }], ['--expires-in <duration>', 'its life, such as 30d (default and most: security.tokenLifetime)']],
      examples: [['lockstep token create dashboard --role viewer', 'reads everything, changes nothing'], ['lockstep token create ci --role operator --expires-in 30d --json', 'as one object']],
      run: async (...all) => (await import('../actions/tokens.js')).create(...all),
    },
    {
      usage: 'list', purpose: 'List tokens, without what they are.',
      examples: [['lockstep token list', 'who has one, and when it was used'], ['lockstep token list --json', 'one token a line']],
      run: async (...all) => (await import('../actions/tokens.js')).list(...all),
    },
    {
      usage: 'revoke <token>', purpose: 'Refuse a token from the next request on.', arguments: [['token', 'its id, as `lockstep token list` shows it']],
      examples: [['lockstep token revoke tok_1a2b3c4d5e6f', 'at once'], ['lockstep token list', 'shows it as revoked']],
      run: async (...all) => (await import('../actions/tokens.js')).revoke(...all),
    },
  ],
};

export const audit: Group = {
  name: 'audit', purpose: 'Who did what.',
  verbs: [{
    usage: 'verify', purpose: 'Compute every hash of the audit again: an entry that was changed or taken out is found.', details: 'Exits 1 if there is one. The hash of the last entry, kept elsewhere, proves later that nothing before it was replaced.',
    examples: [['lockstep audit verify', 'is it whole?'], ['lockstep audit verify --json', 'with the hash to keep']],
    run: async (...all) => (await import('../actions/tokens.js')).verifyAudit(...all),
  }],
};
