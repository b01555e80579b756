import type { Manifest } from '../sdk/contract/index.js';

export const manifest: Manifest = {
  name: 'file',
  title: 'Files (CSV, JSON, NDJSON)',
  role: 'itsm',
  about: 'Records from spreadsheets and exports: columns named as the attributes need no mapping.',
  streams: [{ name: 'records', default: true, about: 'the rows of all files; each file is a complete list of its own' }],
  auth: [],
  baseUrl: 'none',
  webhookAuth: [],
  leastRights: '# Read access to the files, for the user that Lockstep runs as.',
  concurrency: 1,
  lacks: ['push', 'webhooks'],
};
