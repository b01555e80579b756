/** A vendor as vendors are: it stamps whole seconds, shows some edits later than their stamps say, is edited while it is read, and pages by key. */
import { defineConnector, defineStream, type Clock, type Connector, type FetchedOne, type Manifest, type Mapping, type Page, type PullFrom, type ToldDelete } from '../../connectors/sdk/contract/index.js';
import { byCodeUnit } from '../../src/core/model/index.js';
import type { LabRecord } from './lab.js';

/** No edit shows later than this after its stamp. */
export const LONGEST_LAG_MS = 3_000;

interface Edit {
  /** ms UTC, a whole second. */
  readonly stamp: number;
  readonly visibleAt: number;
  /** null: deleted. */
  readonly record: LabRecord | null;
}

export interface VendorHabits {
  /** How far an increment reaches back before the start of the pass before it. */
  readonly overlapMs: number;
  readonly pageSize: number;
  /** Comes before each page, with its number in the pass: edits, waits, throws. */
  readonly beforePage: (page: number) => void | Promise<void>;
  /** `false`: its records do not say when they were changed, so nobody can tell an older version. */
  readonly tellsTimes: boolean;
}

interface Place { readonly startedAt: number; readonly stamp: number; readonly id: string }

export class SimulatedVendor {
  habits: VendorHabits = { overlapMs: 2 * LONGEST_LAG_MS, pageSize: 100, beforePage: () => undefined, tellsTimes: true };
  private readonly edits = new Map<string, Edit[]>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** A record's own edits show in their order. */
  edit(id: string, record: Omit<LabRecord, 'externalId' | 'modifiedAt'> | null, lagMs = 0): void {
    this.add(id, (stamp) => record && { ...record, externalId: id, ...(this.habits.tellsTimes && { modifiedAt: stamp }) }, lagMs);
  }

  /** Brings back what was deleted, exactly as it was. */
  restore(id: string, lagMs = 0): void {
    const record = this.edits.get(id)?.findLast((edit) => edit.record !== null)?.record;
    if (record && this.lastOf(id) === null) this.add(id, () => record, lagMs);
  }

  private add(id: string, recordAt: (stamp: number) => LabRecord | null, lagMs: number): void {
    const before = this.edits.get(id) ?? [];
    const now = this.clock.now();
    const stamp = Math.floor(now / 1_000) * 1_000;
    this.edits.set(id, [...before, { stamp, visibleAt: Math.max(now + Math.min(lagMs, LONGEST_LAG_MS), before.at(-1)?.visibleAt ?? 0), record: recordAt(stamp) }]);
  }

  ids(): string[] {
    return [...this.edits.keys()].sort(byCodeUnit);
  }

  /** Its last word, shown already or not. */
  lastOf(id: string): LabRecord | null {
    return this.edits.get(id)?.at(-1)?.record ?? null;
  }

  private visible(): { readonly id: string; readonly edit: Edit }[] {
    return this.ids().flatMap((id) => {
      const edit = this.edits.get(id)?.filter(({ visibleAt }) => visibleAt <= this.clock.now()).at(-1);
      return edit ? [{ id, edit }] : [];
    });
  }

  /** As it shows now. */
  one(id: string): FetchedOne<LabRecord> {
    const found = this.visible().find((each) => each.id === id);
    if (!found) return { kind: 'unknown', reason: 'no such record' };
    return found.edit.record === null ? { kind: 'gone', at: found.edit.stamp } : { kind: 'found', raw: found.edit.record };
  }

  /** A full pass goes by id and gives what is there; an increment by (stamp, id) and gives what was edited or deleted. */
  async *pull({ mode, cursor, resume }: PullFrom): AsyncIterable<Page<LabRecord>> {
    let at: Place = resume === undefined ? { startedAt: this.clock.now(), stamp: -1, id: '' } : (JSON.parse(resume) as Place);
    const since = mode === 'incremental' ? Number(cursor) : 0;
    for (let page = 0; ; page++) {
      await this.habits.beforePage(page);
      const listed = this.visible().filter(({ edit }) => (mode === 'full' ? edit.record !== null : edit.stamp >= since))
        .map(({ id, edit }) => ({ id, stamp: mode === 'full' ? 0 : edit.stamp, edit })).sort((a, b) => a.stamp - b.stamp || byCodeUnit(a.id, b.id))
        .filter(({ id, stamp }) => stamp > at.stamp || (stamp === at.stamp && id > at.id));
      const part = listed.slice(0, this.habits.pageSize);
      const [last, isLast] = [part.at(-1), part.length === listed.length];
      if (last) at = { ...at, stamp: last.stamp, id: last.id };
      const gone = part.flatMap(({ id, edit }): ToldDelete[] => (edit.record === null ? [{ externalId: id, at: edit.stamp }] : []));
      yield {
        scope: '', records: part.flatMap(({ edit }) => edit.record ?? []), next: isLast ? null : JSON.stringify(at), ...(gone.length > 0 && { gone }),
        ...(isLast && { ends: [{ scope: '', coverage: 'complete' as const }], cursor: String(at.startedAt - this.habits.overlapMs) }),
      };
      if (isLast) return;
    }
  }
}

const manifest: Manifest = {
  name: 'lab', title: 'Laboratory', role: 'itsm', about: 'simulated vendors', streams: [{ name: 'records', default: true, about: 'assets' }], auth: [{ method: 'none', keys: [], about: 'none' }], baseUrl: 'none', webhookAuth: [], leastRights: 'none', concurrency: 1,
};

export const vendorConnector = (vendorOf: (source: string) => SimulatedVendor): Connector<SimulatedVendor> => defineConnector<SimulatedVendor>({
  manifest,
  streams: [defineStream<SimulatedVendor, LabRecord>({
    name: 'records', permissions: [], deletes: 'told', incremental: 'full', pull: (vendor, from) => vendor.pull(from), fetchOne: async (vendor, id) => vendor.one(id),
    map: (raw): Mapping => (raw.broken === undefined ? { ok: true, record: { ...raw, kind: 'asset' } } : { ok: false, reason: raw.broken, externalId: raw.externalId }),
  })],
  connect: ({ source }) => vendorOf(source.name),
  async *check() { yield { what: 'reach', outcome: 'ok', message: 'ok' }; },
});
