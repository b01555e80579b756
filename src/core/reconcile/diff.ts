import type { AttributeValue } from '../../../connectors/sdk/contract/index.js';
import { sameValue } from '../model/compare.js';

type Attributes = { readonly [attribute: string]: AttributeValue };

/** What differs, in the order of the names. `null`: not known on that side. */
export function differences(before: Attributes, after: Attributes): { readonly attribute: string; readonly from: AttributeValue | null; readonly to: AttributeValue | null }[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.filter((name) => !sameValue(before[name], after[name])).map((attribute) => ({ attribute, from: before[attribute] ?? null, to: after[attribute] ?? null }));
}
