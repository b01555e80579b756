import type { RawFields, WriteRule, WriteRuleKind, Writes, Written } from './types.js';

interface Kept { readonly rule: WriteRule; passed: number; hits: number }

/** Rules in force, what they still owe, and the journal. Deterministic: counts and the sandbox's clock, never chance. */
export class WriteDesk implements Writes {
  private rules: Kept[] = [];
  private entries: Written[] = [];
  private pending: { readonly at: number; readonly run: (at: number) => void }[] = [];

  constructor(readonly supported: readonly WriteRuleKind[]) {}

  inject(rule: WriteRule): { hits(): number; remove(): void } {
    if (!this.supported.includes(rule.kind)) throw new RangeError(`this sandbox has no rule ${rule.kind}: its vendor never does it`);
    const kept: Kept = { rule, passed: 0, hits: 0 };
    this.rules.push(kept);
    return { hits: () => kept.hits, remove: () => { this.rules = this.rules.filter((other) => other !== kept); } };
  }

  clear(): void {
    this.rules = [];
    this.pending = [];
  }

  /** The first rule of a kind that this write meets; counts it. */
  take<Kind extends WriteRuleKind>(kind: Kind, stream: string | undefined, externalId: string, before: RawFields, given: RawFields): Extract<WriteRule, { kind: Kind }> | undefined {
    for (const kept of this.rules) {
      const { rule } = kept;
      const { match } = rule;
      if (rule.kind !== kind || (rule.times !== undefined && kept.hits >= rule.times)) continue;
      if ((match?.stream ?? stream) !== stream || (match?.externalId ?? externalId) !== externalId || match?.when?.(before, given) === false) continue;
      if (kept.passed < (rule.after ?? 0)) { kept.passed += 1; continue; }
      kept.hits += 1;
      return rule as Extract<WriteRule, { kind: Kind }>;
    }
    return undefined;
  }

  /** To be run once the clock has come so far. */
  later(at: number, run: (at: number) => void): void {
    this.pending.push({ at, run });
  }

  /** Runs what has come due: before anything is read, so that no reader is earlier than the vendor's automation. */
  settle(now: number): void {
    const due = this.pending.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    this.pending = this.pending.filter(({ at }) => at > now);
    for (const { at, run } of due) run(at);
  }

  /** Told of each entry of the journal. */
  noted: ((entry: Written) => void) | undefined;

  note(entry: Written): void {
    this.entries.push(entry);
    this.noted?.(entry);
  }


  journal(): readonly Written[] { return this.entries; }
  clearJournal(): void { this.entries = []; }
}
