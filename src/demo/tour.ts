import type { AttributeValue, CheckFinding } from '../../connectors/sdk/contract/index.js';
import type { App } from '../app.module.js';
import { byCodeUnit } from '../core/model/index.js';
import { AssetQueries } from '../queries/asset-queries.service.js';
import type { ChangeDocument } from '../queries/asset-history.js';
import type { Explanation } from '../queries/explain.js';
import { OperationQueries, type ReviewDetails } from '../queries/operation-queries.service.js';
import { checkSources } from '../sources/source.service.js';
import type { ProgressEvent } from '../sync/progress.js';
import { SyncService, type SyncReport } from '../sync/sync.service.js';
import { tellOddities, type NamedAsset, type Oddities } from './oddities.js';
import type { DemoSource, DemoWorld } from './world.js';

export interface CheckedSource { readonly source: string; readonly ok: boolean; readonly findings: readonly CheckFinding[] }

/** How the model compares with what exists. */
export interface Comparison {
  readonly assets: number;
  /** Things that exist and that at least one system knows. */
  readonly things: number;
  /** Records that speak of assets. */
  readonly records: number;
  /** Records that are not where they belong: things in several assets, assets that are several things, records without an asset. */
  readonly misplaced: readonly string[];
}

export interface ReviewsOpened {
  readonly open: number;
  readonly kinds: readonly { readonly kind: string; readonly open: number; readonly because: string }[];
  readonly example?: ReviewDetails;
}

/** One value that somebody changed in one system, and what the model made of it. */
export interface EditedValue {
  readonly attribute: string;
  readonly before: AttributeValue | null;
  readonly after: AttributeValue | null;
  /** What the model says now. */
  readonly model: unknown;
  readonly taken: boolean;
  /** Whose word stands, where it was not taken. */
  readonly standing?: { readonly source: string; readonly rule: string };
}
export interface Edit {
  readonly source: string;
  readonly asset: NamedAsset;
  readonly records: readonly string[];
  readonly changed: readonly { readonly attribute: string; readonly before: AttributeValue | null; readonly after: AttributeValue | null }[];
}

export interface Outcome {
  readonly values: readonly EditedValue[];
  /** What the runs that read the edit changed. */
  readonly history: readonly ChangeDocument[];
}

/** Rows in the store. */
export interface Written { readonly assets: number; readonly changes: number; readonly versions: number }

export interface Vulnerabilities {
  readonly records: number;
  readonly knownExploited: number;
  readonly sources: readonly string[];
  readonly notices: readonly string[];
}

/** The acts of a demonstration, each on the running engine; what they give is data, for people and for programs alike. */
export class Tour {
  private readonly queries: AssetQueries;
  private readonly operations: OperationQueries;
  private assetOf: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(private readonly app: App, private readonly world: DemoWorld) {
    this.queries = app.get(AssetQueries);
    this.operations = app.get(OperationQueries);
  }

  async check(): Promise<readonly CheckedSource[]> {
    const findings = new Map<string, CheckFinding[]>(this.world.sources.map(({ name }) => [name, []]));
    for await (const { source, finding } of checkSources(this.app.engine)) findings.get(source)?.push(finding);
    return [...findings].map(([source, found]) => ({ source, ok: found.every(({ outcome }) => outcome !== 'failed'), findings: found }));
  }

  sync(onProgress?: (event: ProgressEvent) => void): Promise<SyncReport> {
    return this.app.get(SyncService).sync({ trigger: 'demo', ...(onProgress && { onProgress }) });
  }

  /** Rows of the change log and records' versions: what a sync that has nothing to do must leave alone. */
  async written(): Promise<Written> {
    return this.app.engine.database.read(async (tx) => {
      const count = async (table: string): Promise<number> => Number((await tx.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`))[0]?.n ?? 0);
      return { assets: await count('assets'), changes: await count('changes'), versions: await count('record_versions') };
    });
  }

  /** What is known of vulnerabilities, and the sentences that their owners ask to be shown with them. */
  async vulnerabilities(): Promise<Vulnerabilities> {
    const [row] = await this.app.engine.database.read((tx) => tx.query<{ records: number; exploited: number | null }>('SELECT COUNT(*) AS records, SUM(known_exploited) AS exploited FROM vulnerabilities'));
    const sources = this.world.sources.filter(({ role }) => role === 'vulnerability');
    return { records: Number(row?.records ?? 0), knownExploited: Number(row?.exploited ?? 0), sources: sources.map(({ title }) => title), notices: sources.flatMap(({ notice }) => notice ?? []) };
  }

  async compare(): Promise<Comparison> {
    const truth = this.world.truth();
    const [assetsOf, thingsIn, missing] = [new Map<string, Set<string>>(), new Map<string, Set<string>>(), new Set(truth.keys())];
    let assets = 0;
    for await (const { id, sources } of this.queries.list({})) {
      assets += 1;
      for (const { source, stream, externalId } of sources) {
        const key = `${source}/${stream}/${externalId}`;
        const thing = truth.get(key) ?? `nothing that exists, said by ${key}`;
        missing.delete(key);
        assetsOf.set(thing, (assetsOf.get(thing) ?? new Set()).add(id));
        thingsIn.set(id, (thingsIn.get(id) ?? new Set()).add(thing));
      }
    }
    this.assetOf = new Map([...assetsOf].map(([thing, ids]) => [thing, [...ids]]));
    return {
      assets, things: new Set(truth.values()).size, records: truth.size,
      misplaced: [
        ...[...assetsOf].filter(([, ids]) => ids.size > 1).map(([thing, ids]) => `${thing} is ${[...ids].join(' and ')}`),
        ...[...thingsIn].filter(([, things]) => things.size > 1).map(([id, things]) => `${id} is ${[...things].join(' and ')}`),
        ...[...missing].map((key) => `${key} is no asset`),
      ],
    };
  }

  /** The asset of the fleet that shows best how records of several systems become one. */
  async explainOne(): Promise<{ readonly about: string; readonly explanation: Explanation } | undefined> {
    for (const { key, about } of this.world.fleet.showcases) {
      const id = this.assetOf.get(key)?.[0];
      if (id === undefined) continue;
      const found = await this.queries.explain(id);
      if (found.kind === 'found') return { about, explanation: found.value };
    }
    return undefined;
  }

  oddities(): Promise<Oddities> {
    return tellOddities(this.queries, this.world, this.assetOf);
  }

  async reviews(): Promise<ReviewsOpened> {
    const open = await this.operations.reviews({ status: 'open' }, 1_000);
    const kinds = new Map<string, { readonly kind: string; open: number; readonly because: string }>();
    for (const { kind, because } of open) kinds.set(kind, { kind, because, open: (kinds.get(kind)?.open ?? 0) + 1 });
    // The one that can be read at a glance.
    const shortest = [...open].sort((a, b) => a.records - b.records || a.id - b.id);
    const few = await Promise.all(shortest.filter(({ records }) => records === shortest[0]?.records).map(({ id }) => this.operations.review(id)));
    // Ids depend on which system answered first; records do not.
    const example = few.flatMap((review) => review ?? []).sort((a, b) => byCodeUnit(a.records[0]?.record ?? '', b.records[0]?.record ?? ''))[0];
    return { open: open.length, kinds: [...kinds.values()], ...(example && { example }) };
  }

  /** Somebody changes a machine in the system in which people work. Undefined: no such system takes part. */
  async edit(): Promise<Edit | undefined> {
    const machine = [...this.world.fleet.assets()].find(({ key, oddities }) => oddities.includes('mainboard_swap') && this.assetOf.has(key));
    // Of two desks of one rank the later word counts: the edit is made where records tell their time.
    const source = this.world.sources.find(({ role, sandbox, streams }) => role === 'itsm' && streams.some((stream) => [...sandbox?.truth(stream).values() ?? []].some(({ asset, modifiedAt }) => asset === machine?.key && modifiedAt !== undefined)));
    const id = machine && this.assetOf.get(machine.key)?.[0];
    if (source?.sandbox === undefined || machine === undefined || id === undefined) return undefined;
    const [changed, records] = [new Map<string, Edit['changed'][number]>(), [] as string[]];
    for (const stream of source.streams) {
      for (const [externalId, facts] of source.sandbox.truth(stream)) {
        if (facts.kind !== 'asset' || facts.asset !== machine.key || facts.skipped === true) continue;
        source.sandbox.edit.update(stream, externalId);
        records.push(`${source.name}/${stream}/${externalId}`);
        const [before, after] = [facts.claims ?? {}, claimsOf(source, stream, externalId)];
        for (const attribute of Object.keys(after)) if (JSON.stringify(before[attribute]) !== JSON.stringify(after[attribute])) changed.set(attribute, { attribute, before: before[attribute] ?? null, after: after[attribute] ?? null });
      }
    }
    const shown = await this.queries.show(id);
    return { source: source.name, records, changed: [...changed.values()], asset: { id, name: shown.kind === 'found' ? shown.value.name ?? machine.name : machine.name } };
  }

  /** `runs`: those that read the edit. What they changed besides, because records tell more than the fleet knows, is told too. */
  async outcomeOf({ asset, changed }: Edit, runs: readonly string[]): Promise<Outcome> {
    const [explained, history] = [await this.queries.explain(asset.id), await this.queries.history(asset.id, 1_000)];
    if (explained.kind !== 'found' || history.kind !== 'found') throw new Error(`asset ${asset.id} has gone`);
    const latest = history.value.filter(({ cause }) => cause.run !== undefined && runs.includes(cause.run));
    const all = [...changed, ...latest.filter(({ attribute }) => !changed.some((each) => each.attribute === attribute)).map(({ attribute, before, after }) => ({ attribute, before, after }) as Edit['changed'][number])];
    const values = all.sort((a, b) => byCodeUnit(a.attribute, b.attribute)).map((each): EditedValue => {
      const outcome = explained.value.attributes[each.attribute];
      const taken = JSON.stringify(outcome?.value ?? null) === JSON.stringify(each.after);
      return { ...each, model: outcome?.value ?? null, taken, ...(!taken && outcome?.winner && { standing: { source: outcome.winner.source, rule: outcome.rule } }) };
    });
    return { values, history: latest };
  }
}

const claimsOf = ({ sandbox }: DemoSource, stream: string, externalId: string): Readonly<Record<string, AttributeValue | null>> => (sandbox?.truth(stream).get(externalId)?.claims ?? {}) as Readonly<Record<string, AttributeValue | null>>;
