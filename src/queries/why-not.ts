import type { RecordKey } from '../core/model/index.js';
import type { AttributeDocument, ClaimDocument, Explanation, ExplainMaterial } from './explain.js';

/** Why a source's word is not what the asset says. */
export interface WhyNot {
  readonly source: string;
  /** Its records that are this asset. */
  readonly records: readonly RecordKey[];
  readonly attributes: { readonly [attribute: string]: WhyNotAttribute };
  /** Its records that share an identifier and are other assets. */
  readonly apart: readonly { readonly record: RecordKey; readonly asset: string | null; readonly identifier: string; readonly because: string }[];
}

export interface WhyNotAttribute {
  readonly verdict: 'wins' | 'contributes' | 'loses' | 'silent';
  /** For `loses`: outranked, stale, echo, empty, tombstoned, older or overridden. */
  readonly because?: string;
  readonly says?: ClaimDocument;
}

export function whyNot(explanation: Explanation, material: ExplainMaterial, source: string): WhyNot {
  const records = material.own.filter((record) => record.source === source).map(({ key }) => key);
  return {
    source, records,
    attributes: Object.fromEntries(Object.entries(explanation.attributes).map(([attribute, outcome]) => [attribute, judge(outcome, source)])),
    apart: explanation.identity.flatMap(({ identifier, state, tier, elsewhere }) => elsewhere
      .filter(({ record }) => record.startsWith(`${source}/`))
      .map(({ record, asset }) => ({ record, asset, identifier, because: state === 'linked' || state === 'attached' ? 'cut' : state === 'contested' || state === 'spoilt' || state === 'junk' ? state : tier }))),
  };
}

function judge(outcome: AttributeDocument, source: string): WhyNotAttribute {
  if (outcome.winner?.source === source) return { verdict: 'wins', says: outcome.winner };
  const part = outcome.contributors?.find((claim) => claim.source === source);
  if (part) return { verdict: 'contributes', says: part };
  const lost = outcome.losers.find((claim) => claim.source === source);
  if (!lost) return { verdict: 'silent' };
  const { because, ...says } = lost;
  return { verdict: 'loses', because, says };
}
