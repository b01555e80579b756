import { webhookBody } from '../../src/notifications/messages/webhook.js';
import { NOTICE_KINDS } from '../../src/core/notices/index.js';
import { blocksOf } from '../support/documents.js';
import { ROOT } from '../support/planted-tree.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const FILE = 'docs/notifications.md';
const text = readFileSync(path.join(ROOT, FILE), 'utf8');

it('the page on notifications shows what a webhook gets, to the letter', () => {
  const [block] = blocksOf(ROOT, FILE).filter(({ language }) => language === 'json');
  const shown = JSON.parse(block?.text ?? '') as { timestamp: string; data: { notices: { id: number; at: string; firstAt: string; lastAt: string; title: string; text: string; next: string }[] } };
  const [notice] = shown.data.notices;
  if (!notice) throw new Error('no notice is shown');
  const body = webhookBody({
    id: 'msg_1', at: Date.parse(shown.timestamp), environment: 'production', publicUrl: 'https://lockstep.example.com',
    entries: [{ notice: 7, event: 'opened', at: Date.parse(notice.at), snapshot: { key: 'run_failed:sheet', kind: 'run_failed', source: 'sheet', severity: 'error', title: notice.title, detail: { text: notice.text, next: notice.next, path: '/api/v1/runs/run-lz3k9q-1a2b3c4d' }, firstAt: Date.parse(notice.firstAt), lastAt: Date.parse(notice.lastAt), times: 3, endedAt: null, by: null } }],
  });

  expect(JSON.parse(body)).toEqual(shown);
});

it('and every event that there is', () => expect(NOTICE_KINDS.filter((kind) => !text.includes(`| \`${kind}\` |`))).toEqual([]));
