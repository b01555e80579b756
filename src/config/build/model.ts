import { ASSET_CLASSES, type IdentifierKind, type LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import { lineOf, type AuthorityRule, type ClassTree, type TierLists, type Transition } from '../../core/model/index.js';
import { under, type Located } from '../located.js';
import { msOf, optional, type BuildContext } from './context.js';
import { AuthorityRuleSection, type AuthorityEntry, type AuthoritySection, type IdentitySection, type ReferencesSection, type StageAuthoritySection } from '../sections/model.js';
import type { LifecycleSection } from '../sections/lifecycle.js';
import type { LifecycleRule, LoadedConfig } from '../types.js';

/** Built-in classes and those of `identity.classes`. Faulty ones are told by `judgeClasses`. */
export function classTreeOf(added: Readonly<Record<string, string>> | undefined): ClassTree {
  return { ...ASSET_CLASSES, ...Object.fromEntries(Object.entries(added ?? {}).filter(([name]) => !Object.hasOwn(ASSET_CLASSES, name))) };
}

function judgeClasses(identity: IdentitySection, tree: ClassTree, context: BuildContext): void {
  const node = context.nodeOf(identity, 'classes');
  if (node?.kind !== 'map') return;
  for (const { key, keyPlace, value } of node.entries.values()) {
    const path = under(context.pathOf(identity, 'classes'), key);
    const parent = identity.classes?.[key];
    if (Object.hasOwn(ASSET_CLASSES, key)) context.report(keyPlace, path, { what: 'class exists', found: `"${key}"`, expected: 'a name that no built-in class has' });
    else if (parent !== undefined && context.mustBe('unknown class', parent, context.classes, value.place, path) && isCycle(key, tree)) {
      context.report(value.place, path, { what: 'cycle of classes', found: `"${key}" below itself`, expected: 'a class that leads up to a built-in one' });
    }
  }
}

function isCycle(name: string, tree: ClassTree): boolean {
  const line = lineOf(name, tree);
  const top = line.at(-1)!;
  return tree[top] !== null && tree[top] !== undefined;
}

export function buildIdentity(identity: IdentitySection | undefined, tree: ClassTree, context: BuildContext): LoadedConfig['identity'] {
  const empty: TierLists = { link: [], attach: [], suggest: [] };
  if (!identity) return { sharedLimit: 0, tiers: { default: empty, byClass: {} }, classes: tree, junk: {} };
  judgeClasses(identity, tree, context);
  const given = identity.rules ?? {};
  const node = context.nodeOf(identity, 'rules');
  const places = node?.kind === 'map' ? node.entries : undefined;
  const rulesPath = context.pathOf(identity, 'rules');
  const resolved = new Map<string, TierLists>();
  const tiersOf = (name: string): TierLists => {
    const known = resolved.get(name);
    if (known) return known;
    const parent = name === 'default' ? undefined : lineOf(name, tree).slice(1).find((ancestor) => Object.hasOwn(given, ancestor)) ?? 'default';
    const tiers = layered(parent === undefined ? empty : tiersOf(parent), given[name] as Partial<TierLists> | undefined);
    resolved.set(name, tiers);
    return tiers;
  };
  for (const [name, section] of Object.entries(given)) {
    const entry = places?.get(name);
    if (entry && name !== 'default') context.mustBe('unknown class', name, [...context.classes, 'default'], entry.keyPlace, under(rulesPath, name));
    if (entry) judgeTiers(section, context);
    tiersOf(name);
  }
  const byClass = Object.fromEntries([...resolved].filter(([name]) => name !== 'default'));
  return { sharedLimit: identity.sharedLimit ?? 0, tiers: { default: tiersOf('default'), byClass }, classes: tree, junk: { ...identity.junk } as LoadedConfig['identity']['junk'] };
}

const TIERS = ['link', 'attach', 'suggest'] as const;

/** A given list replaces the one below; a kind that it names is in no other tier any more. */
function layered(base: TierLists, given: Partial<TierLists> | undefined): TierLists {
  const own = new Set(TIERS.flatMap((tier) => (given?.[tier] ?? []) as readonly string[]));
  const list = (tier: (typeof TIERS)[number]): readonly string[] => given?.[tier] ?? (base[tier] as readonly string[]).filter((kind) => !own.has(kind));
  return { link: list('link') as readonly IdentifierKind[], attach: list('attach') as readonly IdentifierKind[], suggest: list('suggest') as TierLists['suggest'] };
}

function judgeTiers(section: object, context: BuildContext): void {
  const seen = new Map<string, string>();
  for (const tier of TIERS) {
    context.eachOf(context.nodeOf(section, tier), context.pathOf(section, tier), (kind, place, path) => {
      const before = seen.get(kind);
      if (before !== undefined && before !== tier) context.report(place, path, { what: 'in two tiers', found: `"${kind}" in ${before} and in ${tier}`, expected: 'each kind in one tier' });
      seen.set(kind, tier);
    });
  }
}

export function buildReferences(references: ReferencesSection | undefined, context: BuildContext): LoadedConfig['references'] {
  const kinds = Object.create(null) as Record<string, Record<string, readonly string[]>>;
  if (!references) return kinds;
  for (const [kind, spellings] of Object.entries(references) as [string, Record<string, string[]> | undefined][]) {
    if (!spellings) continue;
    kinds[kind] = { ...spellings };
    const owner = new Map<string, string>();
    const node = context.nodeOf(references, kind);
    if (node?.kind !== 'map') continue;
    for (const { key, value } of node.entries.values()) {
      context.eachOf(value, under(context.pathOf(references, kind), key), (spelling, place, path) => {
        const before = owner.get(spelling.toLowerCase());
        if (before !== undefined && before !== key) context.report(place, path, { what: 'spelled for two', found: `"${spelling}" for "${before}" and for "${key}"`, expected: 'each spelling for one' });
        owner.set(spelling.toLowerCase(), key);
      });
    }
  }
  return kinds;
}

export function buildAuthority(authority: AuthoritySection | undefined, context: BuildContext): LoadedConfig['authority'] {
  if (!authority) return { byClass: {} };
  const node = context.walker.originOf(authority).map;
  const byClass = Object.create(null) as Record<string, Record<string, Partial<AuthorityRule>>>;
  const orderOf = (key: 'stage' | 'default'): readonly string[] | undefined => {
    const given = authority[key] as string[] | StageAuthoritySection | undefined;
    const entry = node.entries.get(key);
    if (given === undefined || !entry) return undefined;
    judgeOrder(orderNode(entry.value), under(under('authority', key), entry.value.kind === 'map' ? 'order' : ''), context);
    return Array.isArray(given) ? given : given.order;
  };
  const [stage, byDefault] = [orderOf('stage'), orderOf('default')];
  for (const { key: assetClass, keyPlace, value } of node.entries.values()) {
    if (assetClass === 'stage' || assetClass === 'default') continue;
    const path = under('authority', assetClass);
    const rules = (authority as unknown as Record<string, Record<string, AuthorityEntry>>)[assetClass];
    if (!context.mustBe('unknown class', assetClass, ['stage', 'default', ...context.classes], keyPlace, path) || !rules || value.kind !== 'map') continue;
    byClass[assetClass] = Object.create(null) as Record<string, Partial<AuthorityRule>>;
    for (const [attribute, rule] of Object.entries(rules)) {
      const entry = value.entries.get(attribute)!;
      const here = under(path, attribute);
      if (attribute === 'stage') {
        context.report(entry.keyPlace, here, { what: 'not for one class', found: '"stage" of a class', expected: 'authority.stage, which holds for all classes' });
        continue;
      }
      context.attribute(attribute, entry.keyPlace, here);
      judgeOrder(orderNode(entry.value), entry.value.kind === 'map' ? under(here, 'order') : here, context);
      byClass[assetClass][attribute] = ruleOf(rule);
    }
  }
  return { byClass, ...optional('default', byDefault), ...optional('stage', stage) };
}

const orderNode = (node: Located): Located | undefined => (node.kind === 'map' ? node.entries.get('order')?.value : node);

function judgeOrder(node: Located | undefined, path: string, context: BuildContext): void {
  const seen = new Set<string>();
  context.eachOf(node, path.replace(/\.$/, ''), (name, place, here) => {
    if (seen.has(name)) context.report(place, here, { what: 'named twice', found: `"${name}" for the second time`, expected: 'each source once' });
    else if (!name.startsWith('role:') && !name.includes('${')) context.mustBe('unknown source', name, context.sources, place, here);
    seen.add(name);
  });
}

function ruleOf(given: AuthorityEntry): Partial<AuthorityRule> {
  if (!(given instanceof AuthorityRuleSection)) return { order: given };
  const stale = given.staleAfter === undefined || given.staleAfter === 'never' ? undefined : msOf(given.staleAfter);
  return { ...optional('order', given.order), ...optional('strategy', given.strategy), ...optional('staleAfterMs', stale), ...optional('empty', given.empty) };
}

export function buildLifecycle(lifecycle: LifecycleSection | undefined, context: BuildContext): LoadedConfig['lifecycle'] {
  if (!lifecycle) return { speakers: {}, add: [], remove: [], protected: [], tieWindowMs: 0, rules: [] };
  const node = context.nodeOf(lifecycle, 'speakers');
  if (node?.kind === 'map') {
    for (const { key, keyPlace, value } of node.entries.values()) {
      if (value.kind === 'scalar' && value.value === 'none') continue;                         // silencing a source that is not there does nothing
      context.mustBe('unknown source', key, context.sources, keyPlace, under(context.pathOf(lifecycle, 'speakers'), key));
    }
  }
  const { transitions } = lifecycle;
  const names = new Map<string, number>();
  const rules = (lifecycle.rules ?? []).flatMap((rule): LifecycleRule[] => {
    const place = context.nodeOf(rule, 'name')?.place;
    if (place && typeof rule.name === 'string') {
      if (names.has(rule.name)) context.report(place, context.pathOf(rule, 'name'), { what: 'named twice', found: `"${rule.name}" for the second time`, expected: 'a name of its own for each rule', hint: `the first stands in line ${names.get(rule.name)!}` });
      else names.set(rule.name, place.line);
    }
    const when = context.condition(rule, 'when', 'rule');
    if (!when) return [];
    return [{ name: rule.name, when, to: rule.to as LifecycleStage, ...optional('from', rule.from as LifecycleStage[] | undefined), leavesProtected: (rule.leavesProtected ?? []) as LifecycleStage[] }];
  });
  return {
    speakers: { ...lifecycle.speakers } as LoadedConfig['lifecycle']['speakers'], add: transitionsOf(transitions?.add), remove: transitionsOf(transitions?.remove),
    protected: (lifecycle.protected ?? []) as LifecycleStage[], tieWindowMs: msOf(lifecycle.tieWindow), rules,
  };
}

const transitionsOf = (given: readonly string[] | undefined): readonly Transition[] => (given ?? []).map((text) => {
  const [from, to] = text.split('->').map((stage) => stage.trim()) as [LifecycleStage, LifecycleStage];
  return { from, to };
});
