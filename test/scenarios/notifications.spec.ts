import type { PostAnswer } from '../../src/notifications/post.js';
import { NoticeService } from '../../src/notifications/notice.service.js';
import type { Carriers } from '../../src/notifications/send.js';
import { HOUR, MINUTE, Workshop } from './workshop.js';

const CHANNELS = `notifications:
  channels:
    ops: { type: webhook, url: "https://hooks.example.com/ops" }
    team: { type: slack, url: "https://hooks.example.com/services/T00000000/B00000000/canary-of-the-team" }
    boss: { type: email, smtp: "smtp://mail.example.com", from: lockstep@example.com, to: [boss@example.com] }
  rules:
    - { to: [ops] }
    - { on: [review_waiting, held_set, run_partial], to: [team], digest: 1d }
    - { minSeverity: error, sources: [crm], to: [boss] }
`;

/** Receivers of all channels: what they took, and whether they are there. */
class Receivers implements Carriers {
  readonly posts: { readonly url: string; readonly id: string; readonly body: any }[] = [];
  readonly mails: string[] = [];
  down = false;
  answer: PostAnswer = { status: 200, body: 'ok' };

  async post({ url, headers, body }: Parameters<Carriers['post']>[0]): Promise<PostAnswer> {
    if (this.down) throw Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), { code: 'ECONNREFUSED' });
    if (this.answer.status < 300) this.posts.push({ url, id: headers['webhook-id'] ?? '', body: JSON.parse(body) });
    return this.answer;
  }

  async mail({ subject }: Parameters<Carriers['mail']>[0]): Promise<string> {
    this.mails.push(subject);
    return '250 queued';
  }
}

/** A service of which only the state is there: its rows, as a run, a relay or an inbox would leave them. */
class World {
  private seq = 0;
  constructor(readonly shop: Workshop) {}

  write(work: (tx: Parameters<Parameters<Workshop['engine']['database']['transaction']>[0]>[0]) => Promise<unknown>): Promise<unknown> {
    return this.shop.engine.database.transaction(work);
  }

  run(source: string, status: string): Promise<unknown> {
    const at = this.shop.clock.now();
    const id = `run-${++this.seq}`;
    return this.write((tx) => tx.insertMany('runs', ['id', 'seq', 'source', 'mode', 'status', 'started_at', 'finished_at', 'trigger_kind', 'config_hash', 'first_load', 'assets_before', 'error'], [[id, this.seq, source, 'full', status, at, at, 'schedule', 'x', 0, 0, status === 'failed' ? 'https://hooks.example.com/services/T00000000/B00000000/canary-of-the-team refused' : null]]));
  }

  review(id: number, kind: string, source: string): Promise<unknown> {
    const at = this.shop.clock.now();
    return this.write((tx) => tx.insertMany('reviews', ['id', 'kind', 'cause', 'status', 'opened_at', 'updated_at', 'source', 'because', 'detail'], [[id, kind, `${kind}:${id}`, 'open', at, at, source, 'too many', '{}']]));
  }

  answered(id: number): Promise<unknown> {
    return this.write((tx) => tx.execute(`UPDATE reviews SET status = 'resolved' WHERE id = ?`, [id]));
  }
}

interface Month { readonly ops: string[]; readonly team: string[]; readonly boss: string[]; readonly ids: readonly string[]; readonly left: number; readonly stored: string }

/** Hour by hour, on the sixteenth every five minutes. `restarts`: a new process each time somebody looks. */
async function month(days: number, restarts: boolean): Promise<Month> {
  const shop = await Workshop.open({ yaml: CHANNELS, sources: { crm: 'role: itsm', hr: 'role: discovery' } });
  try {
    const world = new World(shop);
    const began = shop.clock.now();
    const receivers = new Receivers();
    let service = new NoticeService(shop.engine, receivers);
    const told: Record<'ops' | 'team', string[]> = { ops: [], team: [] };
    const boss: string[] = [];
    const noticeOf = async (key: string): Promise<number> => Number((await shop.engine.database.read((tx) => tx.query(`SELECT MAX(id) AS id FROM notices WHERE dedupe_key = ?`, [key])))[0]?.['id']);
    const statusOf = (source: string, hour: number, part: number): string | undefined => {
      if (source === 'crm') return (hour >= 24 && hour < 27) || (hour >= 240 && hour < 301) || (hour >= 481 && hour < 483) ? 'failed' : hour >= 600 && hour < 640 ? undefined : 'succeeded';
      if (hour >= 72 && hour < 201) return 'partial';
      return hour >= 360 && hour < 366 && part % 2 === 0 ? 'failed' : 'succeeded';
    };
    for (let minute = 0; minute < days * 24 * 60; minute += minute >= 360 * 60 && minute < 384 * 60 ? 5 : 60) {
      const [hour, part] = [Math.floor(minute / 60), (minute % 60) / 5];
      shop.clock.advance(began + minute * MINUTE - shop.clock.now());
      for (const source of ['crm', 'hr']) {
        const status = statusOf(source, hour, part);
        if (status !== undefined) await world.run(source, status);
      }
      if (part === 0) {
        if (hour === 120) for (const id of [1, 2, 3]) await world.review(id, 'contested_value', 'crm');
        if (hour === 150) await world.review(4, 'held_tombstone', 'hr');
        if (hour === 152) await world.answered(4);
        if (hour === 168) for (const id of [1, 2, 3]) await world.answered(id);
        if (hour === 650) await world.write((tx) => tx.insertMany('outbox', ['target', 'asset_id', 'id', 'generation', 'state', 'kind', 'digest', 'not_before', 'attempts', 'looks', 'released', 'first_owed_at', 'updated_at'], [['hr', 'a1', 1, 1, 'dead', 'update', 'd', 0, 3, 0, 0, 0, shop.clock.now()]]));
        if (hour === 655) await world.write((tx) => tx.execute('DELETE FROM outbox', []));
        if (hour === 660) await world.write(async (tx) => {
          await tx.insertMany('webhook_sources', ['source', 'last_at', 'accepted', 'missed', 'silent_since'], [['hr', 0, 5, 2, shop.clock.now()]]);
          await tx.insertMany('breakers', ['source', 'state', 'failures', 'opened_at', 'reason'], [['crm', 'open', 5, shop.clock.now(), 'it is down']]);
        });
        if (hour === 662) await world.write(async (tx) => {
          await tx.execute('UPDATE webhook_sources SET silent_since = NULL', []);
          await tx.execute(`UPDATE breakers SET state = 'closed'`, []);
        });
      }
      receivers.down = hour >= 480 && hour < 500;
      if (restarts) service = new NoticeService(shop.engine, receivers);
      await service.observe();
      if (part === 0 && hour === 241) await service.snooze(await noticeOf('run_failed:crm'), began + 265 * HOUR);
      if (part === 0 && hour === 270) await service.acknowledge(await noticeOf('run_failed:crm'), 'a vendor case is open');
      await service.deliver();
      for (const { url, body } of receivers.posts.slice(told.ops.length + told.team.length)) {
        const when = `${String(hour)}h${part === 0 ? '' : `${part * 5}m`}`;
        if (url.endsWith('/ops')) told.ops.push(`${when} ${(body.data.notices as { event: string; kind: string; source: string }[]).map(({ event, kind, source }) => `${event} ${kind} ${source}`).join(', ')}`);
        else told.team.push(`${when} ${body.text as string}`);
      }
      for (const subject of receivers.mails.slice(boss.length)) boss.push(`${hour}h ${subject}`);
    }
    const stored = JSON.stringify([await shop.engine.database.read((tx) => tx.query('SELECT * FROM notices')), await shop.engine.database.read((tx) => tx.query('SELECT log FROM notice_deliveries'))]);
    return { ...told, boss, ids: receivers.posts.filter(({ url }) => url.endsWith('/ops')).map(({ id }) => id), left: (await service.deliveries({ state: 'failed' }, 100)).length, stored };
  } finally {
    await shop.close();
  }
}

describe('thirty days', () => {
  let days: Month;
  beforeAll(async () => { days = await month(30, false); }, 60_000);

  it('the channel for everything heard each thing once when it began, daily while it stood, and once when it was over', () => expect(days.ops).toEqual([
    '24h opened run_failed crm', '28h resolved run_failed crm',
    '72h opened run_partial hr', '95h opened source_not_fresh hr', '96h again run_partial hr', '119h again source_not_fresh hr',
    '120h opened review_waiting crm, again run_partial hr', '143h again source_not_fresh hr', '144h again review_waiting crm, again run_partial hr',
    '150h opened held_set hr', '153h resolved held_set hr', '167h again source_not_fresh hr', '168h again run_partial hr', '169h resolved review_waiting crm',
    '191h again source_not_fresh hr', '192h again run_partial hr', '202h resolved run_partial hr, resolved source_not_fresh hr',
    // Snoozed at 241 until 265, acknowledged at 270.
    '240h opened run_failed crm', '263h opened source_not_fresh crm', '265h again run_failed crm', '287h again source_not_fresh crm', '302h resolved run_failed crm, resolved source_not_fresh crm',
    // Failed every other time for six hours: one notice.
    '360h opened run_failed hr', '366h25m resolved run_failed hr',
    // The receiver was away from 480 to 500.
    '500h opened run_failed crm', '500h resolved run_failed crm',
    '623h opened source_not_fresh crm', '641h resolved source_not_fresh crm', '650h opened dead_letter hr', '656h resolved dead_letter hr',
    '660h opened breaker_open crm, opened webhook_silent hr', '663h resolved breaker_open crm, resolved webhook_silent hr',
  ]));

  it('the digest came once a day, and only where there was something to say', () => expect(days.team).toEqual([
    '96h [default] warning: A run of hr could not read everything', '120h [default] still warning: A run of hr could not read everything, 25 times now', '144h [default] 2 notices: 1 info, 1 still warning',
    '168h [default] 3 notices: 1 still info, 1 still warning, 1 resolved', '192h [default] 2 notices: 1 still warning, 1 resolved', '216h [default] resolved: A run of hr could not read everything, 30 times or more now',
  ]));

  it('the mailbox heard of errors of its source only', () => expect(days.boss).toEqual([
    '24h [default] error: A run of crm failed', '28h [default] resolved: A run of crm failed, 3 times now', '240h [default] error: A run of crm failed', '263h [default] error: crm was not read for too long',
    '265h [default] still error: A run of crm failed, 26 times now', '287h [default] still error: crm was not read for too long', '302h [default] 2 notices: 2 resolved', '481h [default] error: A run of crm failed',
    '484h [default] resolved: A run of crm failed, 2 times now', '623h [default] error: crm was not read for too long', '641h [default] resolved: crm was not read for too long', '660h [default] error: crm is left alone after 5 failures', '663h [default] resolved: crm is left alone after 5 failures',
  ]));

  it('each message had an id of its own, and none was lost', () => expect([new Set(days.ids).size, days.left]).toEqual([days.ids.length, 0]));
  it('nothing that was stored names the address of a channel', () => expect(days.stored).not.toContain('canary-of-the-team'));

  it('a restart at any time changes nothing', async () => {
    const again = await month(13, true);
    const first = (list: readonly string[]): string[] => list.filter((line) => Number.parseInt(line, 10) < 13 * 24);

    expect([again.ops, again.team, again.boss]).toEqual([first(days.ops), first(days.team), first(days.boss)]);
  }, 60_000);
});

describe('what becomes of a delivery', () => {
  let shop: Workshop;
  let world: World;
  let receivers: Receivers;
  const service = () => new NoticeService(shop.engine, receivers);
  beforeEach(async () => {
    shop = await Workshop.open({ yaml: CHANNELS, sources: { crm: 'role: itsm', hr: 'role: discovery' } });
    [world, receivers] = [new World(shop), new Receivers()];
    await world.run('hr', 'failed');
    await service().observe();
  });
  afterEach(() => shop.close());
  const pass = async (ms: number) => {
    shop.clock.advance(ms);
    return service().deliver();
  };

  it('a process that dies while it sends: another one sends it under the same id, five minutes later', async () => {
    const ids: string[] = [];
    const dying = new NoticeService(shop.engine, { ...receivers, mail: async () => '', post: async ({ headers }) => (ids.push(headers['webhook-id'] ?? ''), new Promise(() => undefined)) });
    void dying.deliver();
    await new Promise((done) => setImmediate(done));
    while (ids.length === 0) await new Promise((done) => setImmediate(done));

    expect(await pass(4 * MINUTE)).toEqual({ sent: 0, failed: 0, again: 0 });
    expect(await pass(MINUTE)).toEqual({ sent: 1, failed: 0, again: 0 });
    expect(receivers.posts.map(({ id }) => id)).toEqual(ids);
  });

  it('a receiver that is away for more than a day: given up, with what was said, and sent again when a person asks', async () => {
    receivers.answer = { status: 503, body: 'sorry: https://hooks.example.com/ops is being mended' };
    const waits: number[] = [];
    for (let next = await service().nextDueAt(); next !== undefined; next = await service().nextDueAt()) {
      waits.push(next - shop.clock.now());
      await pass(Math.max(0, next - shop.clock.now()));
    }
    const [given] = await service().deliveries({ state: 'failed' }, 10);

    expect(waits.map((ms) => ms / MINUTE)).toEqual([0, 0.5, 2, 10, 30, 60, 120, 240, 480, 498]);
    expect(given).toMatchObject({ channel: 'ops', attempts: 10, nextAt: null, notices: [{ event: 'opened', title: 'A run of hr failed' }] });
    expect(given?.log.at(-1)).toMatchObject({ outcome: 'failed', words: '503 sorry: [redacted] is being mended' });

    receivers.answer = { status: 202, body: '' };
    await service().redeliver(given?.id ?? 0);
    expect(await pass(0)).toEqual({ sent: 1, failed: 0, again: 0 });
    expect(receivers.posts.map(({ id }) => id)).toEqual([given?.messageId]);
    expect(await shop.engine.database.read((tx) => tx.query(`SELECT action, actor FROM audit`))).toEqual([{ action: 'notices.redeliver', actor: 'ann' }]);
  });

  it('waits as long as the receiver asks, and sends the rest as soon as one gets through', async () => {
    receivers.answer = { status: 429, body: 'slow', retryAfterMs: 20 * MINUTE };
    await pass(0);
    expect((await service().nextDueAt() ?? 0) - shop.clock.now()).toBe(20 * MINUTE);

    receivers.answer = { status: 200, body: 'ok' };
    await world.run('crm', 'failed');
    await service().observe();
    await pass(0);
    expect(receivers.posts).toHaveLength(1);
    await pass(1);
    expect(receivers.posts).toHaveLength(2);
  });

  it('a receiver that wants no more gets no more; a channel that is gone is said', async () => {
    receivers.answer = { status: 410, body: 'gone' };
    expect(await pass(0)).toEqual({ sent: 0, failed: 1, again: 0 });

    await service().redeliver(1);
    await shop.reconfigure({ yaml: '' });
    expect(await pass(0)).toEqual({ sent: 0, failed: 1, again: 0 });
    expect((await service().deliveries({}, 1))[0]?.log.at(-1)?.words).toBe('the configuration has no channel of this name any more');
  });

  it('what people do is theirs in the audit, and done once', async () => {
    const [{ id } = { id: 0 }] = await service().list({}, 1);
    await service().acknowledge(id);
    await service().resolve(id, 'known');

    await expect(service().resolve(id, 'again')).rejects.toThrow(`notice ${id} is resolved already, by ann`);
    await expect(service().snooze(99, shop.clock.now() + 1)).rejects.toThrow('there is no notice 99');
    expect((await shop.engine.database.read((tx) => tx.query('SELECT action, reason FROM audit ORDER BY seq'))).map(({ action, reason }) => [action, reason])).toEqual([['notices.acknowledge', null], ['notices.resolve', 'known']]);
    expect((await service().show(id))?.deliveries.map(({ notices }) => notices.map(({ event }) => event))).toEqual([['resolved'], ['opened']]);
  });

  it('what is over goes with the time that is kept', async () => {
    await pass(0);
    await world.run('hr', 'succeeded');
    for (const ms of [0, HOUR, 0, 91 * 24 * HOUR]) {
      shop.clock.advance(ms);
      await world.run('hr', 'succeeded');
      await world.run('crm', 'succeeded');
      await service().observe();
      await service().deliver();
    }
    expect(await service().list({}, 10)).toEqual([]);
    expect(await service().deliveries({}, 10)).toEqual([]);
  });
});
