import type { Delivery, DeliveryAuth } from '../contract/index.js';
import type { ComposedDelivery, Deliveries } from '../sandbox/index.js';
import type { Bench } from './bench.js';
import type { Suite } from './reading.js';

const AN_HOUR = 3_600_000;
const BROKEN = ['', '{', '[1,', 'null', '""', '[]', '{}', '[[]]', '{"id":', '\u0000', '{"table":7,"sys_id":[]}', '{"object_id":{}}', `${'['.repeat(10_000)}`, '"\\ud800"', '<x/>', 'a=b'];

export interface WebhookExpectations {
  /** Methods whose proof covers the body: another spelling of it is refused. */
  readonly signed: readonly string[];
  /** By method: how long after it was sent a delivery is refused, ms; absent: the vendor sends no time that could be judged. */
  readonly staleAfterMs: Readonly<Record<string, number>>;
}

/** Deliveries of the vendor, as its sandbox sends them: what is believed of them, and what is made of them. */
export function describeWebhooks(suite: Suite, expected: WebhookExpectations): void {
  const { connector } = suite;
  const webhook = connector.webhook!;
  const stream = suite.streams.find(({ name }) => webhook.tells.includes(name))!.name;
  const streams = connector.streams.map(({ name }) => name);
  const subjectOf = (bench: Bench): string => bench.sandbox.edit.ids(stream)[0]!;

  describe.each(connector.manifest.webhookAuth.map(({ method, keys }) => [method, keys] as const))('deliveries proved by %s', (method, keys) => {
    const secretKey = keys.find((key) => ['secret', 'token', 'password'].includes(key)) ?? keys[0]!;
    const auth = (secret = 'Wh-Sécret:0123456789abcdef'): DeliveryAuth => ({ method, ...Object.fromEntries(keys.filter((key) => !key.endsWith('?')).map((key) => [key, key === secretKey ? secret : `${key}-value`])) });
    const verdict = (bench: Bench, made: Delivery, by = auth(), at = bench.clock.now()) => webhook.verify(made, by, at);
    const one = (bench: Bench, by = auth()): Delivery => deliveryOf(deliveriesOf(bench).compose(by, stream, subjectOf(bench), 'update'));
    const id = (word: string): string => `webhook-${word}:${method}`;

    suite.test(id('valid'), 'takes what the vendor sends, and recognises it when it comes again', async () => {
      const bench = await suite.bench();
      const made = one(bench);
      expect(verdict(bench, made).kind).toBe('verified');
      expect(verdict(bench, made)).toEqual(verdict(bench, made));
      const [first, second] = [verdict(bench, made), verdict(bench, one(bench))] as { eventId?: string }[];
      expect(first!.eventId).toBeDefined();
      expect(first!.eventId).not.toBe(second!.eventId);
      await bench.close();
    });

    suite.test(id('forged'), 'refuses another secret, none, an empty one, and a proof that is left out', async () => {
      const bench = await suite.bench();
      const made = one(bench, auth('another'));
      expect(verdict(bench, made)).toEqual({ kind: 'refused', because: 'signature' });
      for (const empty of ['', undefined]) expect(verdict(bench, deliveryOf(deliveriesOf(bench).compose(auth(''), stream, subjectOf(bench), 'update')), { ...auth(''), [secretKey]: empty } as DeliveryAuth).kind).toBe('refused');
      for (const name of Object.keys(made.headers)) {
        const { [name]: _, ...rest } = one(bench).headers;
        const known = verdict(bench, { ...one(bench), headers: rest });
        if (/authorization|signature|token|timestamp/.test(name)) expect({ name, known: known.kind }).toEqual({ name, known: 'refused' });
      }
      expect(verdict(bench, one(bench), { ...auth(), method: 'unheard_of' }).kind).toBe('refused');
      await bench.close();
    });

    suite.test(id('rotation'), 'takes both secrets while one is being changed, or the other entry of the list', async () => {
      const bench = await suite.bench();
      const both: DeliveryAuth = { ...auth('new'), previousSecret: 'old' };
      expect(verdict(bench, one(bench, auth('new')), both).kind).toBe('verified');
      expect(verdict(bench, one(bench, auth('old')), both).kind).toBe(keys.includes('previousSecret?') ? 'verified' : 'refused');
      expect(verdict(bench, one(bench, auth('older')), both).kind).toBe('refused');
      expect(verdict(bench, one(bench, auth('')), { ...auth('new'), previousSecret: '' }).kind).toBe('refused');
      await bench.close();
    });

    suite.test(id('mutated'), 'refuses whatever differs in a single byte of what is proved', async () => {
      const bench = await suite.bench();
      const rounds = Number(process.env['LOCKSTEP_MUTATED_DELIVERIES'] ?? 5_000);
      const made = one(bench);
      const taken: string[] = [];
      for (let round = 0; round < rounds; round++) {
        const changed = mutated(made, expected.signed.includes(method), round);
        if (verdict(bench, changed.delivery).kind !== 'refused') taken.push(changed.what);
      }
      expect(taken).toEqual([]);
      await bench.close();
    });

    if (expected.signed.includes(method)) {
      suite.test(id('respelled'), 'refuses the same content in another spelling', async () => {
        const bench = await suite.bench();
        const made = one(bench);
        const value: unknown = JSON.parse(Buffer.from(made.body).toString());
        for (const text of [JSON.stringify(value, null, 2), ` ${JSON.stringify(value)}`, `${JSON.stringify(value)}\n`]) expect(verdict(bench, { ...made, body: Buffer.from(text) })).toEqual({ kind: 'refused', because: 'signature' });
        await bench.close();
      });
    }

    const staleAfter = expected.staleAfterMs[method];
    if (staleAfter !== undefined) {
      suite.test(id('replayed'), 'refuses what was sent too long ago, or is dated ahead', async () => {
        const bench = await suite.bench();
        const [made, now] = [one(bench), bench.clock.now()];
        expect(verdict(bench, made, auth(), now + staleAfter - 1_000).kind).toBe('verified');
        expect(verdict(bench, made, auth(), now + staleAfter + 1_000)).toEqual({ kind: 'refused', because: 'stale' });
        expect(verdict(bench, made, auth(), now - AN_HOUR)).toEqual({ kind: 'refused', because: 'stale' });
        await bench.close();
      });
    }

    suite.test(id('reading'), 'names the record and what became of it, and nothing where it is not read', async () => {
      const bench = await suite.bench();
      const key = subjectOf(bench);
      for (const [kind, change] of [['create', 'changed'], ['update', 'changed'], ['delete', 'deleted']] as const) {
        const reading = webhook.read(deliveryOf(deliveriesOf(bench).compose(auth(), stream, key, kind)), streams);
        expect(reading.kind).toBe('hints');
        if (reading.kind !== 'hints') continue;
        for (const hint of reading.hints) expect(hint).toMatchObject({ externalId: key, change });
        expect(reading.hints.every((hint) => hint.streams.includes(stream))).toBe(true);
      }
      expect(webhook.read(one(bench), []).kind).toBe('elsewhere');
      const foreign = deliveryOf(deliveriesOf(bench).foreign(auth()));
      expect(verdict(bench, foreign).kind).toBe('verified');
      expect(webhook.read(foreign, streams).kind).toBe('elsewhere');
      await bench.close();
    });

    suite.test(id('malformed'), 'judges and reads whatever the bytes are, and throws nothing', async () => {
      const bench = await suite.bench();
      for (const body of [...BROKEN.map((text) => Buffer.from(text)), Buffer.from([0xff, 0xfe, 0x00]), Buffer.alloc(0)]) {
        const made: Delivery = { headers: one(bench).headers, query: {}, body };
        expect(['verified', 'refused']).toContain(verdict(bench, made).kind);
        expect({ body: body.subarray(0, 20).toString(), kind: webhook.read(made, streams).kind === 'hints' }).toEqual({ body: body.subarray(0, 20).toString(), kind: false });
      }
      for (const text of ['', '{', '[1,', '<x/>', 'a=b']) expect(webhook.read({ headers: {}, query: {}, body: Buffer.from(text) }, streams).kind).toBe('malformed');
      await bench.close();
    });
  });

  suite.test('webhook-sends', 'is told of changes at the vendor, and not where nobody entered an address', async () => {
    const bench = await suite.bench();
    const { edit } = bench.sandbox;
    edit.remove(stream, edit.insert(stream));
    expect(await deliveriesOf(bench).delivered()).toEqual([]);
    const { method, keys } = connector.manifest.webhookAuth[0]!;
    const auth: DeliveryAuth = { method, ...Object.fromEntries(keys.map((key) => [key.replace('?', ''), 'value'])) };
    // nobody listens there: what is lost is lost
    deliveriesOf(bench).deliverTo({ url: 'http://127.0.0.1:9/webhooks/none', auth });
    const key = edit.insert(stream);
    edit.remove(stream, key);
    const sent = await deliveriesOf(bench).delivered();
    expect(sent.map((each) => [each.externalId, each.status])).toEqual([[key, 0], [key, 0]]);
    expect(sent.map((each) => webhook.read(deliveryOf(each), streams)).flatMap((reading) => (reading.kind === 'hints' ? reading.hints.map(({ change }) => change) : []))).toEqual(['changed', 'deleted']);
    await bench.close();
  });
}

function deliveriesOf(bench: Bench): Deliveries {
  const { deliveries } = bench.sandbox;
  if (deliveries === undefined) throw new Error('the sandbox sends no deliveries though the connector takes them');
  return deliveries;
}

const deliveryOf = ({ headers, body }: ComposedDelivery): Delivery => ({ headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])), query: {}, body: Buffer.from(body) });

/** One byte of the body, where it is signed, or of the proof becomes another; the same round the same byte. */
function mutated(made: Delivery, signed: boolean, round: number): { readonly delivery: Delivery; readonly what: string } {
  const proofs = Object.keys(made.headers).filter((name) => /authorization|signature|token|timestamp/.test(name));
  const where = round % (proofs.length + (signed ? 1 : 0));
  const name = proofs[where];
  const flip = (byte: number): number => byte ^ (1 << (Math.floor(round / 7) % 7));
  if (name === undefined) {
    const body = Buffer.from(made.body);
    const at = (round * 7919) % body.length;
    body[at] = flip(body[at]!);
    return { delivery: { ...made, body }, what: `byte ${at} of the body` };
  }
  const value = Buffer.from(made.headers[name]!, 'latin1');
  const at = (round * 7919) % value.length;
  value[at] = flip(value[at]!);
  return { delivery: { ...made, headers: { ...made.headers, [name]: value.toString('latin1') } }, what: `byte ${at} of ${name}` };
}
