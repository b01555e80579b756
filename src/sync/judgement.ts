import type { LoadedConfig } from '../config/types.js';
import { compileJunk } from '../core/reconcile/placeholders.js';
import type { PushRules } from '../push/rules.js';
import { createMatcher, unclaimedFields } from '../sources/mapping.js';
import { canonicalJson, contentHash } from './canonical-json.js';
import type { Judgement } from './slice-types.js';
import type { SourceSettings } from '../config/types.js';

/** What decides, from one configuration. Built once a process. */
export function judgementOf({ config, push }: { readonly config: LoadedConfig; readonly push?: PushRules }): Judgement {
  const { junk, sharedLimit, tiers, classes } = config.identity;
  const { rules, ...lifecycle } = config.lifecycle;
  return {
    rules: {
      identity: { sharedLimit, tiers, classes }, authority: config.authority, lifecycle,
      stageRules: rules.map((rule) => ({ name: rule.name, when: rule.when.expression, to: rule.to, ...(rule.from && { from: rule.from }), ...(rule.leavesProtected.length > 0 && { protected: true }) })),
    },
    isJunk: compileJunk(junk), matches: createMatcher(), configHash: config.hash.slice(0, 16), rawVersions: config.retention.rawVersions, ...(push && { push }),
  };
}

/** Changes when a stored record would be mapped or chosen differently: then content that is the same takes the full way again. */
export function mappingHashOf(config: LoadedConfig, source: SourceSettings, stream: string): string {
  const shown = unclaimedFields(source, stream);
  return contentHash(canonicalJson({ version: 1, mapping: source.mapping[stream] ?? null, ...(source.where && { where: source.where.text }), options: source.options, references: config.references, junk: config.identity.junk, classes: config.identity.classes, ...(shown.length > 0 && { shown }) }));
}

/** What a complete read covers besides its scope: another filter or other options make it another scope. */
export function filterHashOf(source: SourceSettings): string {
  return contentHash(canonicalJson({ where: source.where?.text ?? null, options: source.options, baseUrl: source.baseUrl ?? null }));
}
