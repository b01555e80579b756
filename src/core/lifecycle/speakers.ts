import type { LifecycleStage, SourceRole } from '../../../connectors/sdk/contract/index.js';
import type { LifecycleRules } from '../model/rules.js';

/**
 * Which stages a source may move to, and which of its baselines count. A source that the configuration does not name (by name, else by
 * `role:<role>`) speaks if its role is itsm: clouds, hypervisors and agents move an asset only through rules.
 */
export function speaksOf({ speakers }: Pick<LifecycleRules, 'speakers'>, source: string, role: SourceRole): 'all' | 'none' | readonly LifecycleStage[] {
  if (Object.hasOwn(speakers, source)) return speakers[source]!;
  if (Object.hasOwn(speakers, `role:${role}`)) return speakers[`role:${role}`]!;
  return role === 'itsm' ? 'all' : 'none';
}

export function maySpeak(rules: Pick<LifecycleRules, 'speakers'>, { source, role }: { readonly source: string; readonly role: SourceRole }, stage: LifecycleStage): boolean {
  const speaks = speaksOf(rules, source, role);
  return speaks === 'all' || (speaks !== 'none' && speaks.includes(stage));
}
