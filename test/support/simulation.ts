/** A day of several vendors and one Lockstep, from one seed: edits, deletes, returns, bad records, throttling, failing pages, and deaths of the process. */
import { RateLimitedError, UnavailableError } from '../../connectors/sdk/contract/index.js';
import type { Database } from '../../src/database/database.js';
import type { Engine } from '../../src/engine/engine.js';
import { LEASE_MS } from '../../src/sync/stream-run.js';
import { SyncService, type SyncReport } from '../../src/sync/sync.service.js';
import { randomOf } from './child/world.js';
import { LabClock, openLab, type Lab, type LabRecord } from './lab.js';
import { LONGEST_LAG_MS, SimulatedVendor, vendorConnector } from './simulated-vendor.js';
import { uuidOf } from './worlds/arbitrary-histories.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Each of another rank: the time of a claim, which a missed version moves, decides nothing between them. */
const SOURCES = { cmdb: 'itsm', scan: 'discovery', cloud: 'cloud' } as const;
type SourceName = keyof typeof SOURCES;
const NAMES = Object.keys(SOURCES) as SourceName[];
const MACHINES = 10;
const EDITS = 70;
/** Forward only: who misses a stage ends where one ends that saw it. */
const LIFE = ['requested', 'acquired', 'deployed', 'in_use', 'maintenance', 'retired'] as const;

type Word = Omit<LabRecord, 'externalId' | 'modifiedAt'>;
interface Event { readonly at: number; readonly run: () => void }

/** While it moves, what is due happens. */
class EventfulClock extends LabClock {
  events: Event[] = [];

  override advance(ms: number): void {
    const until = this.now() + ms;
    for (let next = this.events[0]; next && next.at <= until; next = this.events[0]) {
      this.events.shift();
      super.advance(Math.max(0, next.at - this.now()));
      next.run();
    }
    super.advance(until - this.now());
  }

  override async sleep(ms: number): Promise<void> { this.advance(ms); }
}

class Death extends Error {}

export interface DayCounts { syncs: number; deaths: number; failures: number; throttles: number }

export class Day {
  readonly counts: DayCounts = { syncs: 0, deaths: 0, failures: 0, throttles: 0 };
  private readonly clock = new EventfulClock();
  private readonly vendors = new Map<SourceName, SimulatedVendor>(NAMES.map((name) => [name, new SimulatedVendor(this.clock)]));
  private readonly words = new Map<string, Word>();
  private readonly plan: () => number;
  private readonly luck: () => number;
  private isDead = false;
  private placesLeft = Infinity;
  private lab!: Lab;
  /** The process that lives now. */
  private engine!: Engine;

  /** The undisturbed day has the same edits and syncs, and no faults. */
  constructor(seed: number, private readonly isDisturbed: boolean) {
    this.plan = randomOf(seed);
    this.luck = randomOf(seed + 1);
  }

  get lockstep(): Engine { return this.lab.engine; }
  get database(): Database { return this.lockstep.database; }

  async open(): Promise<void> {
    this.draw();
    const safety = 'safety: { maxDeleteRatio: 1, minDeletes: 1000, maxChangeRatio: 1, minChanges: 1000, suspectRatio: 0, missingPasses: 2, missingFor: 1m }';
    this.lab = await openLab({
      sources: Object.fromEntries(NAMES.map((name) => [name, `role: ${SOURCES[name]}\n${safety}`])), clock: this.clock, connector: vendorConnector((name) => this.vendors.get(name as SourceName) as SimulatedVendor),
      engine: { onStatement: () => { if (this.isDead) throw new Death('a dead process reaches no database'); } },
    });
    this.restart();
    for (const [name, vendor] of this.vendors) vendor.habits = { ...vendor.habits, pageSize: 3, beforePage: () => this.beforePage(name) };
  }

  close(): Promise<void> { return this.lab.close(); }

  private chance(share: number): boolean { return this.isDisturbed && this.luck() < share; }

  private restart(): void {
    this.isDead = false;
    this.placesLeft = Infinity;
    this.engine = { ...this.lab.engine, crash: (place) => { if (--this.placesLeft <= 0) this.die(place); } };
  }

  private die(place: string): never {
    this.isDead = true;
    this.counts.deaths += 1;
    throw new Death(`the process died: ${place}`);
  }

  private async beforePage(name: SourceName): Promise<void> {
    if (this.chance(0.08)) {
      this.counts.throttles += 1;
      if (this.luck() < 0.2) throw new RateLimitedError(5 * MINUTE);
      await this.clock.sleep(Math.ceil(this.luck() * 2 * MINUTE));
    }
    if (this.chance(0.05)) throw new UnavailableError(`${name} does not answer`);
  }

  /** All that will happen at the vendors. */
  private draw(): void {
    const begin = this.clock.now();
    const pick = (n: number): number => Math.floor(this.plan() * n);
    for (let machine = 0; machine < MACHINES; machine++) for (const name of NAMES) if (this.plan() < 0.75) this.say(name, machine, firstWord(name, machine), 0);
    const events: Event[] = [];
    for (let edit = 0; edit < EDITS; edit++) {
      const at = begin + MINUTE + Math.floor(this.plan() * 23 * HOUR);
      const [name, machine, what, n, lag] = [NAMES[pick(NAMES.length)] as SourceName, pick(MACHINES), this.plan(), pick(100), this.plan() < 0.3 ? pick(LONGEST_LAG_MS) : 0];
      events.push({ at, run: () => this.happen(name, machine, what, n, lag) });
    }
    this.clock.events = events.sort((a, b) => a.at - b.at);
  }

  private happen(name: SourceName, machine: number, what: number, n: number, lag: number): void {
    const id = `m${machine}`;
    const vendor = this.vendors.get(name) as SimulatedVendor;
    const word = this.words.get(`${name} ${id}`);
    const soon = (run: () => void): unknown => this.clock.events.push({ at: this.clock.now() + (1 + (n % 3)) * HOUR / 2, run }) && this.clock.events.sort((a, b) => a.at - b.at);
    if (!word) this.say(name, machine, firstWord(name, machine), lag);
    else if (vendor.lastOf(id) === null) vendor.restore(id, lag);
    else if (word.broken !== undefined) return;
    else if (what < 0.15) vendor.edit(id, null, lag);
    else if (what < 0.25) {
      this.say(name, machine, { ...word, broken: 'its class cannot be read' }, lag);
      soon(() => this.say(name, machine, word, 0));
    } else if (what < 0.45 && word.stage) {
      const stage = LIFE[Math.min(LIFE.length - 1, LIFE.indexOf(word.stage.stage as (typeof LIFE)[number]) + 1 + (n % 2))] as (typeof LIFE)[number];
      this.say(name, machine, { ...word, stage: { raw: { stage }, stage, at: this.clock.now() } }, lag);
    } else if (what < 0.55) this.say(name, machine, { ...word, identifiers: [{ kind: 'bios_uuid', value: uuidOf((machine + n) % (2 * MACHINES), n % 4) }] }, lag);
    else if (what < 0.65) this.say(name, machine, { ...word, claims: { ...word.claims, serial_number: n % 2 === 0 ? 'To Be Filled By O.E.M.' : serialOf((machine + (n % 3)) % MACHINES) } }, lag);
    else this.say(name, machine, { ...word, claims: { ...word.claims, owner: `person${n}@example.org`, os_version: `${n}.${machine}` } }, lag);
  }

  private say(name: SourceName, machine: number, word: Word, lag: number): void {
    this.words.set(`${name} m${machine}`, word);
    (this.vendors.get(name) as SimulatedVendor).edit(`m${machine}`, word, lag);
  }

  /** Undefined: the process died. Then another one starts; the dead one's lease is over in a minute. */
  private async sync(sources: readonly string[] | undefined, full: boolean): Promise<SyncReport | undefined> {
    this.counts.syncs += 1;
    if (this.chance(0.12)) this.placesLeft = 1 + Math.floor(this.luck() * 8);
    try {
      const report = await new SyncService(this.engine).sync({ full, ...(sources && { sources }) });
      this.counts.failures += report.runs.filter((run) => run.status !== 'succeeded').length;
      return report;
    } catch (error) {
      if (!this.isDead) throw error;
      this.clock.advance(LEASE_MS + 1);
      return undefined;
    } finally {
      this.restart();
    }
  }

  /** 24 hours: an increment of each source some times an hour, a full pass some times a day, all of them together now and then. */
  async live(): Promise<void> {
    const end = this.clock.now() + 24 * HOUR;
    const next = new Map(NAMES.map((name) => [name, this.clock.now() + Math.floor(this.plan() * 20 * MINUTE)]));
    while (this.clock.now() < end) {
      const [name, at] = [...next].sort((a, b) => a[1] - b[1])[0] as [SourceName, number];
      this.clock.advance(Math.max(0, at - this.clock.now()));
      await this.sync(this.plan() < 0.1 ? undefined : [name], this.plan() < 0.06);
      next.set(name, Math.max(this.clock.now(), at) + Math.floor((40 + this.plan() * 50) * MINUTE));
    }
  }

  /** The day is over and all is well again: what was missed is read, what is gone is missed often enough, what time alone does is done. */
  async settle(): Promise<SyncReport> {
    for (const [, vendor] of this.vendors) vendor.habits = { ...vendor.habits, pageSize: 100, beforePage: () => undefined };
    this.placesLeft = Infinity;
    this.clock.advance(3 * HOUR);
    // The last words before a delete are known only to who read them in time: what is gone comes back once, is read, and half of it goes again.
    const gone = [...this.vendors.values()].flatMap((vendor) => vendor.ids().filter((id) => vendor.lastOf(id) === null).map((id) => ({ vendor, id })));
    for (const { vendor, id } of gone) vendor.restore(id);
    // A pass that was broken off goes on where it was and passes by what came back before that place: the second one reads all.
    await this.again();
    await this.again();
    for (const { vendor, id } of gone.filter((_, at) => at % 2 === 0)) vendor.edit(id, null);
    for (const wait of [2 * MINUTE, 2 * MINUTE, 48 * HOUR]) {
      this.clock.advance(wait);
      await this.again();
    }
    return this.again();
  }

  again(): Promise<SyncReport> { return new SyncService(this.lab.engine).sync({ full: true }); }
}

const serialOf = (machine: number): string => `SN-0${machine}X`;

/** What a system says of a machine of which it hears. */
function firstWord(name: SourceName, machine: number): Word {
  const isVirtual = machine % 3 === 0;
  return {
    assetClass: isVirtual ? 'virtual_machine' : 'server', identifiers: name === 'cmdb' ? [] : [{ kind: 'bios_uuid', value: uuidOf(machine, name === 'scan' ? 0 : 3) }],
    claims: { name: `web${machine}`, hostname: `web${machine}`, ...(name !== 'cloud' && { serial_number: serialOf(machine) }), owner: `person${machine}@example.org`, ...(name === 'cloud' && { cloud_resource_id: `i-0000${machine}` }) },
    ...(name === 'cmdb' && { stage: { raw: { stage: 'requested' }, stage: 'requested' as const } }),
  };
}
