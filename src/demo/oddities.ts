import type { FleetAsset, FleetOddity } from '../../connectors/sdk/sandbox/index.js';
import type { AssetQueries } from '../queries/asset-queries.service.js';
import type { IdentityDocument } from '../queries/explain.js';
import type { DemoWorld } from './world.js';

export interface NamedAsset { readonly id: string; readonly name: string }

/** Two machines that name one serial number. */
export interface CloneStory {
  readonly identifier: string;
  readonly state: IdentityDocument['state'];
  readonly original: NamedAsset;
  readonly clone: NamedAsset;
}

/** One machine whose firmware has another UUID since its board was changed. */
export interface SwapStory {
  readonly asset: NamedAsset;
  readonly joinedBy: readonly string[];
  readonly said: readonly { readonly source: string; readonly identifier: string }[];
  /** What the model itself notes at the asset. */
  readonly flags: readonly string[];
}

/** One machine that one system lists twice. */
export interface DuplicateStory {
  readonly asset: NamedAsset;
  readonly joinedBy: readonly string[];
  readonly source: string;
  readonly records: readonly string[];
  readonly flags: readonly string[];
}

/** A value that says nothing, on several machines that stay apart. */
export interface JunkStory {
  /** As the systems write them. */
  readonly serials: readonly string[];
  readonly assets: readonly NamedAsset[];
}

export interface Oddities {
  readonly clone?: CloneStory;
  readonly swap?: SwapStory;
  readonly duplicate?: DuplicateStory;
  readonly junk?: JunkStory;
}

/** What became of the traps in the fleet, read from the model; a trap that no system of this demonstration shows is left out. */
export async function tellOddities(queries: AssetQueries, world: DemoWorld, assetOf: ReadonlyMap<string, readonly string[]>): Promise<Oddities> {
  const machines = [...world.fleet.assets()];
  const having = (oddity: FleetOddity): readonly FleetAsset[] => machines.filter(({ oddities }) => oddities.includes(oddity));
  const seen = new Seen(queries, assetOf);
  const [clone, swap, duplicate, junk] = [
    await cloneStory(seen, having('cloned')[0], having('clone')[0]), await swapStory(seen, having('mainboard_swap')[0]), await duplicateStory(seen, having('duplicate_in_itsm')[0]),
    await junkStory(seen, having('junk_serial')),
  ];
  return { ...(clone && { clone }), ...(swap && { swap }), ...(duplicate && { duplicate }), ...(junk && { junk }) };
}

/** The model's assets for machines of the fleet. */
class Seen {
  constructor(private readonly queries: AssetQueries, private readonly assetOf: ReadonlyMap<string, readonly string[]>) {}

  async explain(machine: FleetAsset) {
    const id = this.assetOf.get(machine.key)?.[0];
    if (id === undefined) return undefined;
    const found = await this.queries.explain(id);
    if (found.kind !== 'found') throw new Error(`asset ${id} is listed, but cannot be explained`);
    return { asset: { id, name: found.value.name ?? machine.name } satisfies NamedAsset, explanation: found.value };
  }

  async flags(id: string): Promise<readonly string[]> {
    const found = await this.queries.show(id);
    return found.kind === 'found' ? Object.keys(found.value.flags) : [];
  }
}

async function cloneStory(seen: Seen, original?: FleetAsset, clone?: FleetAsset): Promise<CloneStory | undefined> {
  const [first, second] = [original && await seen.explain(original), clone && await seen.explain(clone)];
  if (first === undefined || second === undefined) return undefined;
  const shared = second.explanation.identity.find(({ kind, elsewhere }) => kind === 'serial' && elsewhere.some(({ asset }) => asset === first.asset.id));
  return shared && { identifier: shared.identifier, state: shared.state, original: first.asset, clone: second.asset };
}

async function swapStory(seen: Seen, machine?: FleetAsset): Promise<SwapStory | undefined> {
  const found = machine && await seen.explain(machine);
  if (found === undefined) return undefined;
  // two systems may agree on the board that was there before
  const uuids = [...found.explanation.identity, ...found.explanation.unshared].filter(({ identifier }) => identifier.startsWith('bios_uuid:'));
  if (uuids.length < 2) return undefined;
  const said = uuids.flatMap(({ identifier, records }) => [...new Set(records.map(sourceOf))].map((source) => ({ source, identifier })));
  return { asset: found.asset, said, joinedBy: joined(found.explanation.identity, said.map(({ source }) => source)), flags: await seen.flags(found.asset.id) };
}

async function duplicateStory(seen: Seen, machine?: FleetAsset): Promise<DuplicateStory | undefined> {
  const found = machine && await seen.explain(machine);
  if (found === undefined) return undefined;
  const streams = new Map<string, string[]>();
  for (const record of found.explanation.records) streams.set(streamOf(record), [...(streams.get(streamOf(record)) ?? []), record]);
  const twice = [...streams.values()].find((records) => records.length > 1);
  if (twice === undefined) return undefined;
  const joinedBy = found.explanation.identity.filter(({ state, records }) => state === 'linked' && twice.every((record) => records.includes(record))).map(({ identifier }) => identifier);
  return { asset: found.asset, joinedBy, source: sourceOf(twice[0] as string), records: twice, flags: await seen.flags(found.asset.id) };
}

async function junkStory(seen: Seen, machines: readonly FleetAsset[]): Promise<JunkStory | undefined> {
  const [serials, assets] = [new Set<string>(), [] as NamedAsset[]];
  for (const machine of machines) {
    const found = await seen.explain(machine);
    if (found === undefined || !found.explanation.identity.some(({ kind, state }) => kind === 'serial' && state === 'junk')) continue;
    serials.add(machine.serial);
    assets.push(found.asset);
  }
  return assets.length === 0 ? undefined : { serials: [...serials], assets };
}

const sourceOf = (record: string): string => record.slice(0, record.indexOf('/'));
const streamOf = (record: string): string => record.slice(0, record.indexOf('/', record.indexOf('/') + 1));

/** Identifiers that hold records of all these sources together. */
function joined(identity: readonly IdentityDocument[], sources: readonly string[]): readonly string[] {
  return identity.filter(({ state, records }) => (state === 'linked' || state === 'attached') && sources.every((source) => records.some((record) => sourceOf(record) === source))).map(({ identifier }) => identifier);
}
