import type { Connector, StageCodes, Stream } from '../../connectors/sdk/contract/index.js';
import type { App } from '../app.module.js';
import { LOOKS_MS } from '../core/push/index.js';
import { AssetQueries } from '../queries/asset-queries.service.js';
import type { AssetDocument } from '../queries/asset-documents.js';
import { OperationQueries } from '../queries/operation-queries.service.js';
import type { ChangeDocument } from '../queries/asset-history.js';
import { OutboxService, type AttemptDocument, type DeadLetterDetails } from '../push/outbox.service.js';
import { PushService, type PushReport } from '../push/push.service.js';
import { ReviewService } from '../reviews/review.service.js';
import { SyncService } from '../sync/sync.service.js';
import type { NamedAsset } from './oddities.js';
import type { DemoSource, DemoWorld } from './world.js';

/** Something that happened in one system, and what was written to the others because of it. */
export interface Told {
  readonly asset: NamedAsset;
  /** Where it happened. */
  readonly source: string;
  readonly written: readonly AttemptDocument[];
}

export interface PushStory {
  readonly targets: readonly string[];
  /** What the targets held otherwise before anything was written, and what was written when somebody had decided. */
  readonly aligned: { readonly records: number; readonly reviews: readonly number[]; readonly written: number };
  readonly retired: Told;
  /** `owed`: what stood in the outbox while nobody was let in. */
  readonly down: Told & { readonly target: string; readonly owed: number };
  readonly cloud?: Told & { readonly history: readonly ChangeDocument[] };
  readonly ignored: Told & { readonly target: string; readonly letter: DeadLetterDetails; readonly cured: readonly AttemptDocument[] };
}

interface Place { readonly source: DemoSource; readonly stream: Stream<any, any>; readonly externalId: string }

/** Time that is set, and set back. */
export interface Skipping { skip(ms: number): void; back(): void; now(): number }

const DAY = 86_400_000;

/** The acts of writing back, on desks that can be written to. */
export class PushTour {
  private readonly desks: readonly DemoSource[];

  constructor(private readonly app: App, private readonly world: DemoWorld, private readonly connectors: ReadonlyMap<string, Connector>, private readonly clock: Skipping) {
    this.desks = world.sources.filter(({ name }) => app.engine.push?.targets.has(name));
  }

  /** `step`: some time passes, for systems leave their newest seconds to the next read. Undefined: there are not two systems that can tell each other anything. */
  async play(step: () => void): Promise<PushStory | undefined> {
    if (this.desks.length < 2) return undefined;
    const aligned = await this.align();
    const candidates = await this.candidates();
    const [first, second, third] = candidates;
    if (!first || !second || !third) return undefined;
    const mover = await this.mover(first);
    if (!mover) return undefined;
    const other = this.desks.find((desk) => desk.name !== mover.source.name) as DemoSource;

    step();
    await this.sync();
    const retired = await this.told(first, mover.source.name);
    const down = await this.down(second, mover.source, other, step);
    const cloud = await this.cloud([first.id, second.id, third.id]);
    const ignored = await this.ignored(third, mover.source, other, step);
    return { targets: this.desks.map(({ name }) => name), aligned, retired, down, ...(cloud && { cloud }), ignored };
  }

  private push(): Promise<PushReport> { return this.app.get(PushService).push(); }
  private async sync(): Promise<void> { await new SyncService(this.app.engine).sync({ trigger: 'demo' }); }

  private async align(): Promise<PushStory['aligned']> {
    await this.push();
    const operations = this.app.get(OperationQueries);
    const open = (await operations.reviews({ kind: 'alignment', status: 'open' }, 100));
    for (const { id } of open) await this.app.get(ReviewService).resolve(id, { as: 'ours', reason: 'a demonstration: the model is right' });
    const { targets } = await this.push();
    return { records: open.reduce((sum, { records }) => sum + records, 0), reviews: open.map(({ id }) => id), written: targets.reduce((sum, { counts }) => sum + counts.verified + counts.normalised, 0) };
  }

  /** Machines in use that every desk holds in one record with a stage, and about which nothing is open. */
  private async candidates(): Promise<AssetDocument[]> {
    const waiting = new Set<string>();
    for await (const { asset } of this.app.get(OutboxService).list({})) waiting.add(asset);
    const found: AssetDocument[] = [];
    for await (const asset of this.app.get(AssetQueries).list({ stages: ['in_use'] })) {
      if (!waiting.has(asset.id) && this.desks.every((desk) => this.placesOf(asset, desk).length === 1)) found.push(asset);
    }
    return found;
  }

  /** Its records of a desk that show a stage. */
  private placesOf(asset: AssetDocument, desk: DemoSource): Place[] {
    return asset.sources.filter((each) => each.source === desk.name && each.tombstonedAt === undefined).flatMap(({ stream: name, externalId }) => {
      const stream = this.connectors.get(desk.name)?.streams.find((each) => each.name === name);
      return stream?.push?.codesFor && desk.sandbox?.truth(name).get(externalId)?.stage !== undefined ? [{ source: desk, stream, externalId }] : [];
    });
  }

  /** Somebody at a desk retires the machine: the first desk whose screens show the codes as its interface does. */
  private async mover(asset: AssetDocument): Promise<Place | undefined> {
    for (const desk of this.desks) {
      const [place] = this.placesOf(asset, desk);
      if (place && this.retire(place)) return place;
    }
    return undefined;
  }

  private retire({ source, stream, externalId }: Place): boolean {
    const codes: StageCodes | undefined = stream.push?.codesFor?.('retired', {});
    const edit = source.sandbox?.edit;
    const before = edit?.read(stream.name, externalId);
    if (!codes || !edit || !before || !Object.keys(codes).every((field) => field in before || codes[field] === '')) return false;
    edit.update(stream.name, externalId, codes);
    return source.sandbox?.truth(stream.name).get(externalId)?.stage === 'retired';
  }

  private async told({ id, name }: AssetDocument, source: string): Promise<Told> {
    const attempts = await this.app.get(OutboxService).attempts(id, 20);
    return { asset: { id, name: name ?? id }, source, written: attempts.filter(({ target }) => target !== source) };
  }

  private retireAt(asset: AssetDocument, desk: DemoSource): void {
    const [place] = this.placesOf(asset, desk);
    if (!place || !this.retire(place)) throw new Error(`${desk.name} could not retire ${asset.id}`);
  }

  /** The other desk lets nobody in for a while; what it is owed stays, and it catches up by itself. */
  private async down(asset: AssetDocument, mover: DemoSource, other: DemoSource, step: () => void): Promise<PushStory['down']> {
    this.retireAt(asset, mover);
    step();
    const fault = other.sandbox?.faults.inject({ kind: 'unauthorised', match: { purpose: 'any' } });
    await this.app.get(SyncService).sync({ sources: [mover.name], trigger: 'demo' });
    let owed = 0;
    for await (const { asset: id } of this.app.get(OutboxService).list({ target: other.name })) if (id === asset.id) owed++;
    fault?.remove();
    await this.push();
    return { ...(await this.told(asset, mover.name)), target: other.name, owed };
  }

  /** A cloud ended a machine two days ago and still shows it as ended; a rule retires it, as of the instant that the cloud tells. */
  private async cloud(except: readonly string[]): Promise<PushStory['cloud']> {
    const agents = new Set(this.world.sources.filter(({ role }) => role === 'agent' || role === 'discovery').map(({ name }) => name));
    for await (const asset of this.app.get(AssetQueries).list({ classes: ['virtual_machine'], stages: ['in_use'] })) {
      if (except.includes(asset.id) || !this.desks.every(({ name }) => asset.sources.some(({ source }) => source === name)) || asset.sources.some(({ source }) => agents.has(source))) continue;
      const records = asset.sources.filter(({ source }) => this.world.sources.some(({ name, role, sandbox }) => name === source && role === 'cloud' && sandbox));
      if (records.length !== 1) continue;
      const [record] = records;
      const cloud = this.world.sources.find(({ name }) => name === record?.source);
      if (!cloud?.sandbox || !record) continue;
      cloud.sandbox.edit.remove(record.stream, record.externalId, this.clock.now() - 2 * DAY);
      await this.sync();
      const history = await this.app.get(AssetQueries).history(asset.id, 20, 'stage');
      return { ...(await this.told(asset, cloud.name)), history: history.kind === 'found' ? history.value : [] };
    }
    return undefined;
  }

  /** The other desk accepts a write and keeps the old value: found by reading back, given up with its likely cause, and cured. */
  private async ignored(asset: AssetDocument, mover: DemoSource, other: DemoSource, step: () => void): Promise<PushStory['ignored']> {
    const [place] = this.placesOf(asset, other);
    const rule = place && other.sandbox?.writes?.inject({ kind: 'ignore', match: { stream: place.stream.name, externalId: place.externalId } });
    this.retireAt(asset, mover);
    step();
    await this.app.get(SyncService).sync({ sources: [mover.name], trigger: 'demo' });
    for (const ms of LOOKS_MS) {
      this.clock.skip(ms + 1_000);
      await this.push();
    }
    const outbox = this.app.get(OutboxService);
    let letter: DeadLetterDetails | undefined;
    for await (const { id, asset: of } of outbox.list({ target: other.name, state: 'dead' })) if (of === asset.id) letter = await outbox.deadLetter(id);
    rule?.remove();
    if (!letter) throw new Error(`${other.name} ignored a write, and nobody noticed`);
    await outbox.replay([letter.id]);
    await this.push();
    const told = await this.told(asset, mover.name);
    this.clock.back();
    return { ...told, target: other.name, letter, cured: told.written.slice(0, 1) };
  }
}
