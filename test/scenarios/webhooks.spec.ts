import { countMissed, silentSources } from '../../src/webhooks/gaps.js';
import { pruneInbox } from '../../src/webhooks/prune.js';
import { webhookStatus } from '../../src/webhooks/status.js';
import { Desk, TOKEN } from '../webhooks/desk.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PUSH = '{ enabled: true, fields: [name], onDrift: ours }';

describe('deliveries', () => {
  let desk: Desk;
  const open = async (more: Parameters<typeof Desk.open>[0] = {}): Promise<void> => { desk = await Desk.open(more); };
  const nameOf = async (id: string): Promise<string | undefined> => {
    const [row] = await desk.tools.rows(`SELECT a.name AS name, h.state AS state FROM record_heads h LEFT JOIN assets a ON a.id = h.asset_id JOIN streams st ON st.id = h.stream_id WHERE st.source = 'desk' AND h.external_id = ?`, [id]);
    return row === undefined ? undefined : row['state'] === 'live' ? row['name'] : row['state'];
  };
  afterEach(() => desk.close());

  it('bring what the record says now, read once for a storm, whatever they say themselves', async () => {
    await open();
    desk.tools.tool('desk').put({ id: '1', status: 'A', name: 'old' }, { id: '2', status: 'A', name: 'other' });
    await desk.tools.sync();
    for (const [nth, name] of ['newer', 'newest'].entries()) {
      desk.tools.tool('desk').edit('1', { name });
      for (let copy = 0; copy < 20; copy++) await desk.post(JSON.stringify({ event: `e${nth}-${copy}`, id: '1', name: 'a lie' }), { 'x-tool-token': TOKEN });
    }
    const reads = desk.tools.tool('desk').reads;

    expect(await desk.drain()).toMatchObject({ deliveries: 40, done: 40, waiting: 0, records: 1, stored: 1, busy: false });

    expect(desk.tools.tool('desk').reads - reads).toBe(1);
    expect([await nameOf('1'), await nameOf('2')]).toEqual(['newest', 'other']);
    expect(await desk.drain()).toMatchObject({ deliveries: 0, records: 0 });
    expect((await desk.tools.sync()).runs[0]!.streams['records']).toMatchObject({ changed: 0 });
    await desk.tools.isAtRest();
  });

  it('owe the other systems at once', async () => {
    await open({ push: { cmdb: PUSH } });
    const serial = 'SN-1234567';
    desk.tools.tool('desk').put({ id: '1', status: 'A', name: 'one', serial_number: serial });
    desk.tools.tool('cmdb').put({ id: '9', status: 'A', name: 'one', serial_number: serial });
    await desk.tools.sync();
    desk.tools.tool('desk').edit('1', { name: 'renamed' });
    await desk.tell('e1', '1');

    expect((await desk.drain()).targets).toEqual(['cmdb']);
    await desk.tools.push();

    expect(desk.tools.tool('cmdb').present('9')?.['name']).toBe('renamed');
    await desk.tools.isAtRest();
  });

  it('are looked at again while the record does not show yet, and left to the next poll in the end', async () => {
    await open();
    await desk.tools.sync();
    await desk.tell('e1', 'new');
    expect(await desk.drain()).toMatchObject({ deliveries: 1, waiting: 1, stored: 0, nextAt: desk.tools.clock.now() + 5_000 });
    expect(await desk.drain()).toMatchObject({ deliveries: 0 });
    desk.tools.tool('desk').put({ id: 'new', status: 'A', name: 'just made' });
    desk.tools.clock.advance(5_000);
    expect(await desk.drain()).toMatchObject({ done: 1, stored: 1 });
    expect(await nameOf('new')).toBe('just made');

    await desk.tell('e2', 'never');
    const waits: number[] = [];
    for (let report = await desk.drain(); report.nextAt !== undefined; report = await desk.drain()) {
      waits.push(report.nextAt - desk.tools.clock.now());
      desk.tools.clock.advance(waits.at(-1)!);
    }
    expect(waits).toEqual([5_000, 30_000, 120_000, 600_000]);
    expect((await desk.rows()).at(-1)).toEqual({ event: 'e2', state: 'done', reason: 'never is not there: left to the next poll' });
    expect(await nameOf('never')).toBeUndefined();
  });

  it('before the first full read are left to it, so that it stays a first load', async () => {
    await open();
    desk.tools.tool('desk').put({ id: '1', status: 'A', name: 'one' });
    await desk.tell('e1', '1');
    expect(await desk.drain()).toMatchObject({ done: 1, records: 0 });
    expect(await desk.rows()).toMatchObject([{ reason: 'the first full read, which brings it, is still to come' }]);
    expect(desk.tools.tool('desk').reads).toBe(0);
    await desk.tools.sync();
    expect(await desk.tools.rows('SELECT first_load FROM runs')).toMatchObject([{ first_load: 1 }]);
    expect(await nameOf('1')).toBe('one');
  });

  it('are never given up while the source is down', async () => {
    await open();
    desk.tools.tool('desk').put({ id: '1', status: 'A', name: 'old' });
    await desk.tools.sync();
    desk.tools.tool('desk').edit('1', { name: 'new' });
    desk.tools.tool('desk').switches.down = true;
    await desk.tell('e1', '1');
    const waits: number[] = [];
    for (let nth = 0; nth < 20; nth++) {
      const report = await desk.drain();
      expect(report).toMatchObject({ deliveries: 1, waiting: 1, failure: 'the tool does not answer' });
      waits.push(report.nextAt! - desk.tools.clock.now());
      desk.tools.clock.advance(waits.at(-1)!);
    }
    expect(waits[0]).toBe(5_000);
    expect(waits.at(-1)).toBe(600_000);
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);

    desk.tools.tool('desk').switches.down = false;
    expect(await desk.drain()).toMatchObject({ done: 1, stored: 1 });
    expect(await nameOf('1')).toBe('new');
  });

  it('that are no text of the vendor are set aside, and read again when somebody says so', async () => {
    await open();
    await desk.tools.sync();
    expect(await desk.post('{"event":"e1",', { 'x-tool-token': TOKEN })).toBe(202);
    await desk.tell('e2', '7');
    expect(await desk.drain()).toMatchObject({ quarantined: 1, waiting: 1 });
    const [set] = await desk.inbox.list({ state: 'quarantined' }, 10);
    expect(set).toMatchObject({ source: 'desk', reason: 'the body is not JSON' });
    expect(await desk.inbox.release([set!.id], desk.tools.clock.now())).toBe(1);
    expect(await desk.drain()).toMatchObject({ quarantined: 1, deliveries: 1 });
  });

  it('tell deletes, within the guard of an hour', async () => {
    await open();
    await desk.tools.restart((yaml) => yaml.replace(/safety: \{.*\}/, 'safety: { maxDeleteRatio: 0.1, minDeletes: 2, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0 }'));
    await desk.reopen();
    desk.tools.tool('desk').put(...Array.from({ length: 20 }, (_, nth) => ({ id: String(nth), status: 'A', name: `n${nth}` })));
    await desk.tools.sync();
    const remove = async (id: string): Promise<void> => {
      desk.tools.tool('desk').rows.delete(id);
      await desk.tell(`gone-${id}`, id, 'deleted');
      expect(await desk.drain()).toMatchObject({ done: 1, gone: 1 });
    };
    await remove('1');
    await remove('2');
    expect([await nameOf('1'), await nameOf('2')]).toEqual(['tombstoned', 'tombstoned']);

    // one by one is still three within an hour
    await remove('3');
    expect(await nameOf('3')).toBe('n3');
    expect((await desk.tools.reviews('held_tombstone')).map(({ records }) => records)).toEqual([['desk/records/3']]);

    // a delete that is still there is looked at again, and changes nothing
    await desk.tell('early', '5', 'deleted');
    expect(await desk.drain()).toMatchObject({ waiting: 1, stored: 1 });
    expect(await nameOf('5')).toBe('n5');
  });

  it('are done only after what they led to is stored: killed in between they lead to it once more, and to nothing else', async () => {
    let dies = true;
    await open({ engine: { crash: (place) => { if (dies && place === 'after reading again before the inbox knows') throw new Error('killed'); } } });
    desk.tools.tool('desk').put({ id: '1', status: 'A', name: 'old' });
    await desk.tools.sync();
    desk.tools.tool('desk').edit('1', { name: 'new' });
    await desk.tell('e1', '1');
    await expect(desk.drain()).rejects.toThrow('killed');
    expect(await desk.rows()).toMatchObject([{ state: 'waiting' }]);
    const changes = await desk.tools.rows('SELECT COUNT(*) AS n FROM changes');
    dies = false;

    expect(await desk.drain()).toMatchObject({ done: 1, stored: 1 });

    expect(await nameOf('1')).toBe('new');
    expect(await desk.tools.rows('SELECT COUNT(*) AS n FROM changes')).toEqual(changes);
  });

  it('are counted, and so is what a poll finds and nobody told; silence is told after a day', async () => {
    await open();
    const { engine, clock } = desk.tools;
    const poll = async (): Promise<number> => countMissed(engine, desk.inbox, (await desk.tools.sync()).runs[0]!);
    desk.tools.tool('desk').put({ id: '1', status: 'A', name: 'a' }, { id: '2', status: 'A', name: 'b' });
    expect(await poll()).toBe(0);

    desk.tools.tool('desk').edit('1', { name: 'told' });
    await desk.tell('e1', '1');
    await desk.drain();
    expect(await poll()).toBe(0);

    desk.tools.tool('desk').edit('2', { name: 'untold' });
    expect(await poll()).toBe(1);
    expect(await silentSources(engine, desk.inbox)).toEqual([]);
    clock.advance(DAY);
    expect(await silentSources(engine, desk.inbox)).toMatchObject([{ source: 'desk', missed: 1, isNew: true }]);
    expect(await silentSources(engine, desk.inbox)).toMatchObject([{ isNew: false }]);
    expect(await webhookStatus(engine, desk.inbox, 'desk')).toMatchObject({ path: '/webhooks/desk', url: null, methods: ['header'], closed: null, accepted: 1, missed: 1, waiting: 0 });

    await desk.tell('e2', '2');
    expect(await silentSources(engine, desk.inbox)).toEqual([]);
    await desk.drain();
    expect(await webhookStatus(engine, desk.inbox, 'desk')).toMatchObject({ accepted: 2, missed: 1, silentSince: null });
  });

  it('are pruned after their time, and stay counted, once, though the process dies in between', async () => {
    await open();
    const { engine, clock } = desk.tools;
    await desk.tools.sync();
    for (const event of ['e1', 'e2', 'e3']) await desk.tell(event, 'x');
    while ((await desk.drain()).nextAt !== undefined) clock.advance(600_000);
    const accepted = async (): Promise<unknown> => (await webhookStatus(engine, desk.inbox, 'desk'))?.accepted;
    clock.advance(31 * DAY);
    await desk.tell('e4', 'x');
    const { remove } = desk.inbox;
    desk.inbox.remove = () => Promise.reject(new Error('killed'));
    await expect(pruneInbox(engine, desk.inbox)).rejects.toThrow('killed');
    expect(await accepted()).toBe(4);
    desk.inbox.remove = remove;

    expect(await pruneInbox(engine, desk.inbox)).toBe(3);
    expect(await pruneInbox(engine, desk.inbox)).toBe(0);

    expect(await accepted()).toBe(4);
    expect((await desk.rows()).map(({ event }) => event)).toEqual(['e4']);
  });
});
