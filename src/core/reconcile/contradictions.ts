import { isA } from '../model/classes.js';
import type { Constraint } from '../model/decisions.js';
import type { ClassTree } from '../model/rules.js';
import type { Value, ValueTable } from './value-table.js';

/** Rule 2: which pairs of records cannot be one machine. */
export class Contradictions {
  private readonly hardware: readonly boolean[];
  private readonly virtual: readonly boolean[];
  private readonly cloud: readonly boolean[];
  private readonly cache = new Map<number, boolean>();
  private readonly spoilers = new Set<number>();
  private readonly mustLinks = new Set<number>();
  private readonly cannotLinks = new Set<number>();
  /** must_link pairs that are among the records. */
  readonly mustPairs: readonly (readonly [number, number])[];

  constructor(private readonly table: ValueTable, constraints: readonly Constraint[], classes: ClassTree) {
    const { records } = table;
    this.hardware = records.map((record) => isA(record.assetClass, 'hardware', classes));
    this.virtual = records.map((record) => isA(record.assetClass, 'virtual_machine', classes));
    this.cloud = records.map((record) => isA(record.assetClass, 'cloud_resource', classes));
    const mustPairs: [number, number][] = [];
    if (constraints.length > 0) {
      const indexOf = new Map(records.map((record, index) => [record.key, index]));
      for (const { kind, a, b } of constraints) {
        const [i, j] = [indexOf.get(a), indexOf.get(b)];
        if (i === undefined || j === undefined || i === j) continue;
        (kind === 'must_link' ? this.mustLinks : this.cannotLinks).add(this.pair(i, j));
        if (kind === 'must_link') mustPairs.push([i, j]);
      }
    }
    this.mustPairs = mustPairs;
    this.markSpoilt();
  }

  private pair(a: number, b: number): number {
    return a < b ? a * this.table.records.length + b : b * this.table.records.length + a;
  }

  isVirtual(index: number): boolean {
    return this.virtual[index] ?? false;
  }

  mayNotLink(a: number, b: number): boolean {
    return this.cannotLinks.size > 0 && this.cannotLinks.has(this.pair(a, b));
  }

  /** Judged before all other contradictions, because a spoilt serial is left out when serials are compared. */
  private markSpoilt(): void {
    for (const value of this.table.values) {
      if (value.kind !== 'serial' || value.junk || value.holders.length < 2) continue;
      this.livePairs(value, (a, b) => {
        if (this.mustLinks.has(this.pair(a, b)) || !this.isOtherMachineByBoard(a, b)) return;
        this.spoilers.add(this.pair(a, b));
        value.spoilt = true;
      });
    }
  }

  /** Equal serial, another bios_uuid, and not just a changed component. */
  private isOtherMachineByBoard(a: number, b: number): boolean {
    if (!this.nameDifferently(a, b, 'bios_uuid')) return false;
    const mayBeChangedComponent = this.hardware[a] && this.hardware[b] && this.table.streams[a] !== this.table.streams[b];
    return !mayBeChangedComponent || this.nameDifferently(a, b, 'asset_tag');
  }

  /** Both name usable values of the kind and share none. */
  nameDifferently(a: number, b: number, kind: 'bios_uuid' | 'asset_tag' | 'instance_uuid' | 'cloud_resource_id'): boolean {
    const left = this.table.usable(a, kind);
    if (left.length === 0) return false;
    const right = this.table.usable(b, kind);
    return right.length > 0 && !left.some((value) => right.includes(value));
  }

  /** Between two live records. */
  contradict(a: number, b: number): boolean {
    if (!this.table.live[a] || !this.table.live[b]) return false;
    const pair = this.pair(a, b);
    const known = this.cache.get(pair);
    if (known !== undefined) return known;
    const answer = !this.mustLinks.has(pair) && (this.spoilers.has(pair) || this.nameOtherMachines(a, b));
    this.cache.set(pair, answer);
    return answer;
  }

  private nameOtherMachines(a: number, b: number): boolean {
    if (this.hardware[a] || this.hardware[b]) {
      const left = this.table.comparableSerials(a);
      if (left.length > 0) {
        const right = this.table.comparableSerials(b);
        if (right.length > 0 && !left.some((serial) => right.includes(serial))) return true;
      }
    }
    if ((this.virtual[a] || this.virtual[b]) && this.nameDifferently(a, b, 'instance_uuid')) return true;
    return (this.virtual[a] || this.virtual[b] || this.cloud[a] || this.cloud[b]) === true && this.nameDifferently(a, b, 'cloud_resource_id');
  }

  /** Rule 8: would a tombstone contradict this live record, were it live? */
  wouldContradict(tombstone: number, live: number): boolean {
    if (this.mustLinks.has(this.pair(tombstone, live))) return false;
    const shareSerial = this.table.usable(tombstone, 'serial').some((value) => this.table.usable(live, 'serial').includes(value));
    return (shareSerial && this.isOtherMachineByBoard(tombstone, live)) || this.nameOtherMachines(tombstone, live);
  }

  /** Rule 6: two records of different components that keep these from being joined by an attach value. */
  forbidAttach(a: number, b: number): boolean {
    if (this.mayNotLink(a, b)) return true;
    if (!this.table.live[a] || !this.table.live[b]) return false;
    if (this.table.streams[a] === this.table.streams[b]) return true;
    return !this.mustLinks.has(this.pair(a, b)) && (this.contradict(a, b) || this.nameDifferently(a, b, 'bios_uuid'));
  }

  /** Calls with each pair of live holders; stops when the visitor says true. */
  livePairs(value: Value, visit: (a: number, b: number) => boolean | void): void {
    const live = value.holders.filter((holder) => this.table.live[holder]);
    for (let i = 0; i < live.length; i++) {
      for (let j = i + 1; j < live.length; j++) if (visit(live[i] as number, live[j] as number) === true) return;
    }
  }
}
