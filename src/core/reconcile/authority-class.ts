import { lineOf, rootOf } from '../model/classes.js';
import type { SourceRecord } from '../model/source-record.js';
import type { CompiledAuthority, CompiledRule } from './authority.js';
import { compareClaims, staleAt, type ClaimOrder } from './authority-order.js';

export interface ClassDecision {
  /** Absent: no record says one. */
  readonly assetClass?: string;
  readonly because: string;
  /** ms UTC of the first instant at which what a record says of the class turns stale. */
  readonly turnsAt?: number;
}

type Classified = SourceRecord & { readonly assetClass: string };

/**
 * The class of an asset: of classes on one line of the tree the most specific; across lines virtual_machine and cloud_resource beat
 * hardware when a record of role cloud or hypervisor says so; else authority decides, each record in turn leaving only the lines that it fits.
 */
export function resolveClass(records: readonly SourceRecord[], authority: CompiledAuthority, ageOf: (record: SourceRecord) => number, order: ClaimOrder = compareClaims): ClassDecision {
  const said = records.filter((record): record is Classified => record.assetClass !== undefined);
  const [first] = said;
  if (!first) return { because: 'no record names a class' };
  if (said.length === 1 && authority.rulesFor(first.assetClass).ruleOf('class').staleAfterMs === undefined) return { assetClass: first.assetClass, because: 'the only record that names one' };
  const rule = ruleOf(said, authority);
  const turns = said.map((record) => ({ record, at: staleAt(rule, record) }));
  const fresh = turns.filter(({ record, at }) => at === undefined || ageOf(record) < at);
  const turnsAt = fresh.reduce<number | undefined>((least, { at }) => (at !== undefined && (least === undefined || at < least) ? at : least), undefined);
  const decision = decideClass(fresh.map(({ record }) => record), rule, authority, order);
  return turnsAt === undefined ? decision : { ...decision, turnsAt };
}

/** The rule given for `class` counts where it is the same whatever the class turns out to be; else what is given for all. */
function ruleOf(said: readonly Classified[], authority: CompiledAuthority): CompiledRule {
  const [first, ...others] = said.map(({ assetClass }) => authority.rulesFor(assetClass).ruleOf('class'));
  return others.every((rule) => rule.text === first!.text) ? first! : authority.rulesFor(undefined).ruleOf('class');
}

function decideClass(said: readonly Classified[], rule: CompiledRule, { classes }: CompiledAuthority, order: ClaimOrder): ClassDecision {
  if (said.length === 0) return { because: 'every record that names one is stale' };
  const named = new Set(said.map(({ assetClass }) => assetClass));
  const [only, another] = named;
  if (another === undefined) return { assetClass: only!, because: 'every record that names one says so' };
  const lines = new Map([...named].map((name) => [name, lineOf(name, classes)]));
  let leaves = [...named].filter((name) => ![...named].some((other) => other !== name && lines.get(other)!.includes(name)));
  if (leaves.length === 1) return { assetClass: leaves[0]!, because: `the most specific of ${[...named].sort().join(', ')}` };

  const isVirtual = (name: string): boolean => ['virtual_machine', 'cloud_resource'].includes(rootOf(name, classes));
  const witness = said.some(({ role, assetClass }) => (role === 'cloud' || role === 'hypervisor') && isVirtual(assetClass));
  const beaten = witness ? leaves.filter((name) => rootOf(name, classes) !== 'hardware') : leaves;
  const beats = beaten.length < leaves.length;
  leaves = beaten;
  if (leaves.length === 1) return { assetClass: leaves[0]!, because: 'a record of role cloud or hypervisor says that it is no hardware' };

  const ranked = said.map((record) => ({ record, claim: { value: record.assetClass, changedAt: record.classChangedAt ?? null } }));
  for (const { record } of ranked.sort((a, b) => order(rule, a, b))) {
    const fitting = leaves.filter((name) => lines.get(name)!.includes(record.assetClass));
    if (fitting.length > 0) leaves = fitting;
    if (leaves.length === 1) break;
  }
  return { assetClass: leaves[0]!, because: `${beats ? 'a record of role cloud or hypervisor says that it is no hardware; ' : ''}${rule.text}` };
}
