import type { IdentifierKind, LifecycleStage } from '../../../connectors/sdk/contract/index.js';

export type Tier = 'link' | 'attach' | 'suggest';

/** The tree of classes: child -> parent, `null` at a root. */
export type ClassTree = Readonly<Record<string, string | null>>;

export interface TierLists {
  readonly link: readonly IdentifierKind[];
  readonly attach: readonly IdentifierKind[];
  /** `name` is the attribute, compared like a host name. */
  readonly suggest: readonly (IdentifierKind | 'name')[];
}

export interface IdentityRules {
  /** More live holders than this in one stream make a value junk. */
  readonly sharedLimit: number;
  /** Tiers by class; a class without own takes its nearest ancestor's, else `default`. external_ref always links. */
  readonly tiers: { readonly default: TierLists; readonly byClass: Readonly<Record<string, TierLists>> };
  readonly classes: ClassTree;
}

export type Strategy = 'ordered' | 'newest' | 'most_reported' | 'union' | 'max';

export interface AuthorityRule {
  /** Source names, or `role:<role>`, best first; unlisted ones rank after. */
  readonly order: readonly string[];
  readonly strategy: Strategy;
  /** ms; absent: never stale. */
  readonly staleAfterMs?: number;
  readonly empty: 'ignore' | 'wins';
}

/** What the YAML gives: each part may be absent. The built-in lists fill the rest. */
export interface AuthorityRules {
  /** class -> attribute -> what was given there. */
  readonly byClass: Readonly<Record<string, Readonly<Record<string, Partial<AuthorityRule>>>>>;
  /** `authority.default`, if given. */
  readonly default?: readonly string[];
  /** `authority.stage.order`, if given. */
  readonly stage?: readonly string[];
}

export interface Transition { readonly from: LifecycleStage; readonly to: LifecycleStage }

export interface LifecycleRules {
  /** source name -> which stages it may move to. Absent: by role (itsm: all, others: none). */
  readonly speakers: Readonly<Record<string, 'all' | 'none' | readonly LifecycleStage[]>>;
  readonly add: readonly Transition[];
  readonly remove: readonly Transition[];
  readonly protected: readonly LifecycleStage[];
  readonly tieWindowMs: number;
}
