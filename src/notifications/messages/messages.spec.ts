import { Webhook } from 'standardwebhooks';
import type { DeliveryEntry } from '../../database/repositories/notices.js';
import { signed } from '../send.js';
import { mailOf } from './mail.js';
import type { Message } from './message.js';
import { slackBody } from './slack.js';
import { teamsBody } from './teams.js';
import { webhookBody } from './webhook.js';

const at = Date.UTC(2026, 10, 2, 8);
const entry = (notice: number, event: DeliveryEntry['event'], more: Partial<DeliveryEntry['snapshot']> = {}): DeliveryEntry => ({
  notice, event, at,
  snapshot: { key: 'run_failed:crm', kind: 'run_failed', source: 'crm', severity: 'error', title: 'A run of crm failed', detail: { text: 'it refused', next: 'lockstep runs show run-1', path: '/api/v1/runs/run-1' }, firstAt: at, lastAt: at, times: 1, endedAt: event === 'resolved' ? at : null, by: null, ...more },
});
const message = (entries: readonly DeliveryEntry[], publicUrl?: string): Message => ({ id: 'msg_1', at, environment: 'production', ...(publicUrl !== undefined && { publicUrl }), entries });
const evil = entry(1, 'opened', { title: '<!channel> *a* & [b](https://evil.example) `c`', detail: { text: 'x'.repeat(2_000), next: 'lockstep runs show `1`', path: '/api/v1/runs/1' } });

it('a webhook gets every entry as it was said', () => {
  expect(JSON.parse(webhookBody(message([entry(1, 'opened'), entry(1, 'resolved')], 'https://lockstep.example.com/')))).toEqual({
    type: 'lockstep.notices', timestamp: '2026-11-02T08:00:00.000Z',
    data: {
      formatVersion: 1, environment: 'production',
      notices: [
        { id: 1, event: 'opened', at: '2026-11-02T08:00:00.000Z', key: 'run_failed:crm', kind: 'run_failed', source: 'crm', severity: 'error', title: 'A run of crm failed', text: 'it refused', next: 'lockstep runs show run-1', link: 'https://lockstep.example.com/api/v1/runs/run-1', firstAt: '2026-11-02T08:00:00.000Z', lastAt: '2026-11-02T08:00:00.000Z', times: 1 },
        expect.objectContaining({ id: 1, event: 'resolved', endedAt: '2026-11-02T08:00:00.000Z' }),
      ],
    },
  });
});

it.each(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'a text of our own, längs'])('its signature is what standard-webhooks verifies: %s', (secret) => {
  const body = webhookBody(message([entry(1, 'opened')]));
  const now = new Date();
  const headers = signed('msg_1', now.getTime(), body, secret);
  const verifier = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(new TextEncoder().encode(secret), { format: 'raw' });

  expect(verifier.verify(body, { ...headers })).toEqual(JSON.parse(body));
  expect(() => verifier.verify(body.replace('crm', 'hr'), { ...headers })).toThrow('No matching signature');
  expect(Object.keys(signed('msg_1', at, body, undefined))).toEqual(['webhook-id', 'webhook-timestamp']);
});

it('Slack gets text and blocks, in which what others wrote calls nobody and links nowhere', () => {
  const { text, blocks } = JSON.parse(slackBody(message([evil], 'https://lockstep.example.com'))) as { text: string; blocks: { type: string; text: { text: string } }[] };

  expect(text).toBe('[production] error: &lt;!channel&gt; *a* &amp; [b](https://evil.example) `c`');
  expect(blocks.map(({ type }) => type)).toEqual(['header', 'section']);
  expect(blocks[1]?.text.text).toMatch(/^:red_circle: \*error\* &lt;!channel&gt; [\s\S]*\nx{599}…\nNext: `lockstep runs show '1'` {2}<https:\/\/lockstep\.example\.com\/api\/v1\/runs\/1\|look>$/);
});

it('Teams gets one adaptive card, whose texts read no Markdown', () => {
  const card = JSON.parse(teamsBody(message([evil, entry(2, 'resolved')]))) as { type: string; attachments: { contentType: string; content: { type: string; version: string; body: { type: string; inlines: { type: string; text: string }[] }[] } }[] };

  expect(card).toMatchObject({ type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: { type: 'AdaptiveCard', version: '1.4' } }] });
  expect(new Set(card.attachments[0]?.content.body.map(({ type }) => type))).toEqual(new Set(['RichTextBlock']));
  expect(card.attachments[0]?.content.body.flatMap(({ inlines }) => inlines.map(({ text }) => text.slice(0, 30)))).toEqual([
    '[production] 2 notices: 1 erro', 'error ', '<!channel> *a* & [b](https://e', 'x'.repeat(30), 'Next: ', 'lockstep runs show `1`', 'resolved ', 'A run of crm failed', 'Over since 2026-11-02T08:00:00',
  ]);
});

it('an e-mail is plain text, and its subject one line', () => {
  expect(mailOf(message([entry(1, 'again', { title: 'two\r\nBcc: lines' })], 'https://lockstep.example.com'))).toEqual({
    subject: '[production] still error: two Bcc: lines', text: 'still error: two\r\nBcc: lines\n  it refused\n  next: lockstep runs show run-1\n  https://lockstep.example.com/api/v1/runs/run-1\n',
  });
});

it('a digest says how many, shows twenty, and fits', () => {
  const many = message(Array.from({ length: 100 }, (_, i) => entry(i, i < 98 ? 'opened' : 'resolved', { title: '☃'.repeat(400), detail: { text: '☃'.repeat(2_000), next: 'n'.repeat(400), path: '/p' } })));

  expect(mailOf(many).subject).toBe('[production] 100 notices: 98 error, 2 resolved');
  expect(mailOf(many).text).toContain('and 80 more: lockstep notifications list');
  expect((JSON.parse(slackBody(many)) as { blocks: { text: { text: string } }[] }).blocks).toHaveLength(22);
  expect(Math.max(...(JSON.parse(slackBody(many)) as { blocks: { text: { text: string } }[] }).blocks.map(({ text }) => text.text.length))).toBeLessThanOrEqual(3_000);
  expect(Buffer.byteLength(teamsBody(many))).toBeLessThan(24_001);
  expect(teamsBody(many)).toMatch(/and 9\d more/);
});

it('of a notice that opened and ended meanwhile people read that it is over', () => expect(mailOf(message([entry(1, 'opened'), entry(1, 'resolved')])).text).toBe('resolved: A run of crm failed\n  Over since 2026-11-02T08:00:00.000Z.\n'));
