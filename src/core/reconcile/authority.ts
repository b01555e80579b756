import { ATTRIBUTES, type SourceRole } from '../../../connectors/sdk/contract/index.js';
import { printDuration } from '../expressions/durations.js';
import { lineOf } from '../model/classes.js';
import type { AuthorityRule, AuthorityRules, ClassTree, Strategy } from '../model/rules.js';

/** Who knows the machine itself best: what runs on it, then what runs it. */
export const TECHNICAL_ORDER: readonly SourceRole[] = ['agent', 'hypervisor', 'cloud', 'discovery', 'itsm', 'finance'];
/** Who knows best what people decided about it. */
export const BUSINESS_ORDER: readonly SourceRole[] = ['finance', 'itsm', 'agent', 'hypervisor', 'cloud', 'discovery'];

const TECHNICAL = new Set([
  'name', 'serial_number', 'manufacturer', 'model', 'fqdn', 'hostname', 'ip_addresses', 'mac_addresses', 'cpu_count', 'memory_mb',
  'disk_gb', 'power_state', 'class',
]);
export const isTechnical = (attribute: string): boolean => TECHNICAL.has(attribute) || attribute.startsWith('os_') || attribute.startsWith('cloud_');

/** One attribute's rule for one class, with everything filled in. */
export interface CompiledRule extends AuthorityRule {
  /** Where the order comes from, and what else was given where: shown by `explain`. */
  readonly text: string;
  /** 0 is the best; sources that the order does not name share the rank after the last. */
  rank(source: string, role: SourceRole): number;
}

/** The rules of one configuration, looked up by class and attribute as often as asked. */
export interface CompiledAuthority {
  readonly classes: ClassTree;
  /** Rules by attribute for assets of this class; `undefined`: an asset whose class nobody said. */
  rulesFor(assetClass: string | undefined): RuleTable;
}
export interface RuleTable { ruleOf(attribute: string): CompiledRule }

const compiled = new WeakMap<AuthorityRules, WeakMap<ClassTree, CompiledAuthority>>();

/** The same rules and tree give the same compiled object: a caller may pass the plain rules for each asset at no cost. */
export function compileAuthority(rules: AuthorityRules, classes: ClassTree): CompiledAuthority {
  let byTree = compiled.get(rules);
  if (!byTree) compiled.set(rules, (byTree = new WeakMap()));
  let found = byTree.get(classes);
  if (!found) byTree.set(classes, (found = new Authority(rules, classes)));
  return found;
}

/** 0 is the best. For the stage too: `authority.stage` is then asked before the default. */
export function sourceRank(
  authority: { readonly rules: AuthorityRules; readonly classes: ClassTree }, attribute: string, assetClass: string | undefined, source: string, role: SourceRole,
): number {
  return compileAuthority(authority.rules, authority.classes).rulesFor(assetClass).ruleOf(attribute).rank(source, role);
}

class Authority implements CompiledAuthority {
  private readonly tables = new Map<string | undefined, Table>();
  constructor(private readonly rules: AuthorityRules, readonly classes: ClassTree) {}

  rulesFor(assetClass: string | undefined): RuleTable {
    let table = this.tables.get(assetClass);
    if (!table) this.tables.set(assetClass, (table = new Table(this.rules, assetClass === undefined ? [] : lineOf(assetClass, this.classes))));
    return table;
  }
}

class Table implements RuleTable {
  private readonly known = new Map<string, CompiledRule>();
  constructor(private readonly rules: AuthorityRules, private readonly line: readonly string[]) {}

  ruleOf(attribute: string): CompiledRule {
    let rule = this.known.get(attribute);
    if (!rule) this.known.set(attribute, (rule = compileRule(given(this.rules, this.line, attribute), attribute)));
    return rule;
  }
}

interface Given { readonly where: string; readonly rule: Partial<AuthorityRule> }

/** What the configuration says of an attribute, nearest first: of the class, its ancestors, the default. */
function given(rules: AuthorityRules, line: readonly string[], attribute: string): Given[] {
  const found: Given[] = [];
  for (const name of line) {
    const ofClass = Object.hasOwn(rules.byClass, name) ? rules.byClass[name] : undefined;
    const rule = ofClass && Object.hasOwn(ofClass, attribute) ? ofClass[attribute] : undefined;
    if (rule) found.push({ where: `authority.${name}.${attribute}`, rule });
  }
  if (attribute === 'stage' && rules.stage) found.push({ where: 'authority.stage', rule: { order: rules.stage } });
  if (rules.default) found.push({ where: 'authority.default', rule: { order: rules.default } });
  return found;
}

function compileRule(given: readonly Given[], attribute: string): CompiledRule {
  const order = given.find(({ rule }) => rule.order);
  const strategy = given.find(({ rule }) => rule.strategy);
  const stale = given.find(({ rule }) => rule.staleAfterMs !== undefined);
  const empty = given.find(({ rule }) => rule.empty);
  const technical = isTechnical(attribute);
  const list = order?.rule.order ?? (technical ? TECHNICAL_ORDER : BUSINESS_ORDER).map((role) => `role:${role}`);
  const parts = [
    order ? `${order.where}: ${list.join(', ')}` : `built-in ${technical ? 'technical' : 'business'} order`,
    ...(strategy ? [`strategy ${strategy.rule.strategy}${elsewhere(strategy, order)}`] : []),
    ...(stale ? [`stale after ${printDuration(stale.rule.staleAfterMs!)}${elsewhere(stale, order)}`] : []),
    ...(empty ? [`empty ${empty.rule.empty}${elsewhere(empty, order)}`] : []),
  ];
  return {
    order: list, strategy: strategy?.rule.strategy ?? defaultStrategy(attribute), empty: empty?.rule.empty ?? 'ignore',
    ...(stale && { staleAfterMs: stale.rule.staleAfterMs! }), text: parts.join('; '), rank: rankBy(list),
  };
}

const elsewhere = (part: Given, order: Given | undefined): string => (part === order ? '' : ` (${part.where})`);

function defaultStrategy(attribute: string): Strategy {
  const type = Object.hasOwn(ATTRIBUTES, attribute) ? ATTRIBUTES[attribute as keyof typeof ATTRIBUTES] : undefined;
  return type === 'list' || type === 'tags' ? 'union' : 'ordered';
}

/**
 * A source's own name in the list says more of it than its role does: in `[role:itsm, itsm-test]` the test instance comes last, which
 * is the only sense in which its author can have named it.
 */
function rankBy(order: readonly string[]): CompiledRule['rank'] {
  const [names, roles] = [new Map<string, number>(), new Map<string, number>()];
  for (const [rank, entry] of order.entries()) {
    const [ranks, name] = entry.startsWith('role:') ? [roles, entry.slice('role:'.length)] : [names, entry];
    if (!ranks.has(name)) ranks.set(name, rank);
  }
  return (source, role) => names.get(source) ?? roles.get(role) ?? order.length;
}
