import type { AssetRecord, InstallationRecord, MappedRecord, RelationshipRecord } from '../../../connectors/sdk/contract/index.js';

/** A record of a source as the world's connector sends it. `epoch`: when it last changed; `gone`: when it was deleted. */
export interface RawRecord {
  readonly id: string;
  readonly epoch: number;
  readonly gone?: number;
  /** It cannot be mapped, for this reason. */
  readonly broken?: string;
  readonly record?: MappedRecord;
}

/** Everything three systems know, as one file. Its sources see it as of `epoch`. */
export interface World {
  readonly epoch: number;
  readonly pageSize: number;
  /** Rows in the order in which the source lists them; a record that changed stands there once an epoch. */
  readonly sources: { readonly [source: string]: { readonly [stream: string]: readonly RawRecord[] } };
}

export const WORLD_SOURCES = { alpha: 'itsm', beta: 'discovery', gamma: 'agent' } as const;
export const WORLD_STREAMS = ['assets', 'relationships', 'installations'] as const;

/** The same numbers for the same seed, on every machine. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const FIRST = Date.UTC(2026, 0, 5);
const DAY = 86_400_000;
const hex = (value: number, width: number): string => Math.trunc(value).toString(16).padStart(width, '0');

/** A machine as it is; what each source says of it is drawn from here. */
interface Machine {
  readonly no: number;
  readonly serial: string;
  readonly uuid: string;
  readonly mac: string;
  readonly host: string;
  readonly maker: string;
  readonly isServer: boolean;
}

/**
 * A fleet as `alpha` (itsm), `beta` (discovery) and `gamma` (agent) list it: half overlapping, spelled differently, with
 * placeholders, a serial that too many share, clones, bridges that make two assets one, records that cannot be read,
 * relationships whose ends come later or never. Epoch 1 changes, renames, moves, empties, deletes, heals and adds.
 */
export function makeWorld(seed: number, size: number, epoch: 0 | 1 = 0, pageSize = 50): World {
  const random = randomOf(seed);
  const chance = (share: number): boolean => random() < share;
  const rows: Record<keyof typeof WORLD_SOURCES, Record<(typeof WORLD_STREAMS)[number], RawRecord[]>> = {
    alpha: { assets: [], relationships: [], installations: [] }, beta: { assets: [], relationships: [], installations: [] }, gamma: { assets: [], relationships: [], installations: [] },
  };
  const listed: string[] = [];
  for (let no = 0; no < size; no++) {
    const machine: Machine = {
      no, serial: `5CG${hex(random() * 2 ** 32, 8).toUpperCase()}`, uuid: `${hex(random() * 2 ** 32, 8)}-${hex(random() * 65_536, 4)}-4${hex(random() * 4_096, 3)}-9${hex(random() * 4_096, 3)}-${hex(random() * 2 ** 32, 8)}${hex(no, 4)}`,
      mac: `3c:52:82:${hex(no / 65_536, 2)}:${hex((no / 256) % 256, 2)}:${hex(no % 256, 2)}`, host: `host${no}`, maker: ['HP Inc.', 'Dell Inc.', 'Lenovo'][no % 3] as string, isServer: chance(0.2),
    };
    // Drawn for every machine, so that the same machine is the same in both epochs.
    const [inAlpha, inBeta, inGamma, bridge, shared, clone, placeholder, broken, isNew, changes, moves, renamed, emptied, deleted, swapped, related, installed] = [
      0.7, 0.65, 0.5, 0.02, 0.01, 0.008, 0.01, 0.015, 0.02, 0.06, 0.012, 0.012, 0.008, 0.02, 0.006, 0.12, 0.2,
    ].map(chance) as boolean[];
    const born = isNew ? 1 : 0;
    const put = (source: keyof typeof WORLD_SOURCES, id: string, before: AssetRecord, after: AssetRecord | undefined, gone = false): void => {
      rows[source].assets.push({ id, epoch: born, record: before });
      if (gone && !isNew) rows[source].assets.push({ id, epoch: 1, gone: 1 });
      else if (after && !isNew) rows[source].assets.push({ id, epoch: 1, record: after });
    };
    if (inAlpha || bridge) {
      const id = `a${no}`;
      if (broken) {
        rows.alpha.assets.push({ id, epoch: born, broken: 'its class cannot be read' });
        if (no % 2 === 0 && !isNew) rows.alpha.assets.push({ id, epoch: 1, record: alphaRecord(id, machine, 0, { placeholder, clone }) });
      } else {
        const before = alphaRecord(id, machine, 0, { placeholder, clone });
        put('alpha', id, before, changes || moves || emptied ? alphaRecord(id, machine, 1, { placeholder, clone, changes, moves, emptied }) : undefined, deleted && no % 2 === 0);
        listed.push(id);
      }
      if (clone) put('alpha', `a${no}-clone`, alphaRecord(`a${no}-clone`, { ...machine, host: `clone${no}`, mac: `3c:52:83:00:${hex((no / 256) % 256, 2)}:${hex(no % 256, 2)}` }, 0, { clone }), undefined);
    }
    if (inBeta || bridge) put('beta', `b${no}`, betaRecord(machine, 0, { shared, bridge }), renamed || swapped ? betaRecord(machine, 1, { shared, bridge, renamed, swapped }) : undefined, deleted && no % 3 === 0);
    if (inGamma || bridge) put('gamma', `g${no}`, gammaRecord(machine, 0, bridge === true), changes ? gammaRecord(machine, 1, bridge === true) : undefined, deleted && no % 5 === 0);
    if (related && listed.length > 1 && inAlpha) {
      const to = no % 5 === 0 ? `nowhere${no}` : (listed[Math.floor(random() * listed.length)] as string);
      rows.alpha.relationships.push({ id: `r${no}`, epoch: born, record: relationship(`r${no}`, `a${no}`, to) });
      if (deleted && !isNew) rows.alpha.relationships.push({ id: `r${no}`, epoch: 1, gone: 1 });
    }
    if (installed && inBeta) rows.beta.installations.push({ id: `i${no}`, epoch: born, record: installation(`i${no}`, `b${no}`, no % 7) });
  }
  return { epoch, pageSize, sources: rows };
}

interface AlphaTraits { readonly placeholder?: boolean; readonly clone?: boolean; readonly changes?: boolean; readonly moves?: boolean; readonly emptied?: boolean }

function alphaRecord(externalId: string, machine: Machine, epoch: number, { placeholder, clone, changes, moves, emptied }: AlphaTraits): AssetRecord {
  return {
    kind: 'asset', externalId, assetClass: machine.no % 19 === 0 ? 'hardware' : machine.isServer ? 'server' : 'computer', modifiedAt: FIRST + machine.no * 1_000 + epoch * DAY, identifiers: [],
    claims: {
      name: clone ? machine.host : machine.host.toUpperCase(), serial_number: placeholder ? 'To Be Filled By O.E.M.' : machine.serial, manufacturer: machine.maker, asset_tag: placeholder ? `T${machine.no}` : `TAG-${machine.no}${clone ? `-${machine.host}` : ''}`,
      location: emptied ? null : `Berlin ${machine.no % 5}`, owner: `${changes ? 'new' : 'old'}${machine.no % 50}@example.com`, environment: machine.no % 4 === 0 ? 'test' : 'production',
    },
    stage: { raw: { state: moves ? '3' : '1' }, stage: moves ? 'maintenance' : 'in_use' },
  };
}

interface BetaTraits { readonly shared?: boolean; readonly bridge?: boolean; readonly renamed?: boolean; readonly swapped?: boolean }

function betaRecord(machine: Machine, epoch: number, { shared, bridge, renamed, swapped }: BetaTraits): AssetRecord {
  const uuid = swapped ? `${machine.uuid.slice(0, -1)}${machine.uuid.endsWith('f') ? '0' : 'f'}` : machine.uuid;
  return {
    kind: 'asset', externalId: `b${machine.no}`, assetClass: machine.isServer ? 'server' : 'computer', modifiedAt: FIRST + machine.no * 1_000 + epoch * DAY,
    identifiers: [{ kind: 'bios_uuid', value: uuid.toUpperCase() }],
    claims: {
      ...(!bridge && { serial_number: shared ? 'SHARED-77' : machine.serial.toLowerCase() }), manufacturer: machine.maker.toUpperCase(), hostname: renamed ? `re-${machine.host}` : machine.host, mac_addresses: [machine.mac.toUpperCase()],
      os_name: machine.no % 2 === 0 ? 'Windows 11' : 'Debian GNU/Linux', ip_addresses: [`10.${machine.no % 7}.${Math.floor(machine.no / 250)}.${machine.no % 250}`],
    },
  };
}

function gammaRecord(machine: Machine, epoch: number, bridge: boolean): AssetRecord {
  return {
    kind: 'asset', externalId: `g${machine.no}`, assetClass: machine.isServer ? 'server' : 'computer', modifiedAt: FIRST + machine.no * 1_000 + epoch * DAY,
    identifiers: [{ kind: 'bios_uuid', value: machine.uuid }],
    claims: { ...(bridge && { serial_number: machine.serial }), hostname: `${machine.host}.example.com`, memory_mb: 8_192 * (1 + (machine.no % 4)), os_version: `10.${epoch}.${machine.no % 9}`, mac_addresses: [machine.mac] },
  };
}

const relationship = (externalId: string, from: string, to: string): RelationshipRecord => ({
  kind: 'relationship', externalId, modifiedAt: FIRST, relation: 'depends_on', from: { streams: ['assets'], externalId: from }, to: { streams: ['assets'], externalId: to },
});

const installation = (externalId: string, on: string, product: number): InstallationRecord => ({
  kind: 'installation', externalId, modifiedAt: FIRST, on: { streams: ['assets'], externalId: on }, product: `Product ${product}`, publisher: 'Example', productVersion: `1.${product}`,
});

/** What the source lists at the world's epoch: each id once, as it is then, in the order in which it first stood. */
export function presentRows(world: World, source: string, stream: string): readonly RawRecord[] {
  const latest = new Map<string, RawRecord>();
  for (const row of world.sources[source]?.[stream] ?? []) if (row.epoch <= world.epoch) latest.set(row.id, row);
  return [...latest.values()];
}
