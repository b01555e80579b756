import type { SourceRole } from '../../connectors/sdk/contract/index.js';
import { BUSINESS_ORDER, TECHNICAL_ORDER } from '../core/reconcile/authority.js';
import type { AttributeDocument, ClaimDocument, Explanation } from '../queries/explain.js';
import type { Style } from './style.js';
import { table } from './render/table.js';
import { count, plain, valueText } from './render/text.js';

/** Most values of which it is told who lost. */
const MOST_VALUES = 8;

/** An explanation cut to what can be taken in at a glance: which records, joined by what, and where they disagree. */
export function explainedText(explanation: Explanation, roles: readonly SourceRole[], style: Style): string {
  const ranked = (order: readonly SourceRole[]): string => order.filter((role) => roles.includes(role)).join(', then ');
  const { records, identity, attributes } = explanation;
  const joins = identity.filter(({ state, kind }) => (state === 'linked' || state === 'attached') && kind !== 'external_ref');
  const disputed = Object.entries(attributes).filter(([, outcome]) => others(outcome).length > 0);
  const shown = disputed.slice(0, MOST_VALUES);
  return [
    `${style.dim('these records are it')}`, ...records.map((record) => `  ${shortRecord(record)}`),
    `${style.dim('they were joined by')}`, ...joins.map(({ identifier, records: holders }) => `  ${plain(identifier, 90)}  ${style.dim(`in ${sourcesOf(holders)}`)}`), '',
    `${count(Object.keys(attributes).length, 'value')}; where the records disagree, rank decides:`,
    `  technical ones: ${ranked(TECHNICAL_ORDER)}; all others: ${ranked(BUSINESS_ORDER)} (\`authority\` in the YAML changes that)`, '',
    table([{ head: 'VALUE' }, { head: 'IS' }, { head: 'SAID BY' }, { head: 'AND NOT' }], shown.map(([name, outcome]) => [
      style.bold(name), valueText(outcome.value, 36), outcome.override ? plain(outcome.override.by) : outcome.winner?.source ?? '-', others(outcome).map(({ value, by }) => `${valueText(value, 28)} ${style.dim(`(${by.join(', ')})`)}`).join(', '),
    ]), style),
    ...(disputed.length > shown.length ? [style.dim(`and ${disputed.length - shown.length} more`)] : []),
  ].join('\n');
}

/** What others say that is not so: each value once, with those who say it. */
function others({ value, losers }: AttributeDocument): readonly { readonly value: ClaimDocument['value']; readonly by: readonly string[] }[] {
  const found = new Map<string, { readonly value: ClaimDocument['value']; readonly by: string[] }>();
  for (const loser of losers) {
    const key = JSON.stringify(loser.value);
    if (loser.value === null || key === JSON.stringify(value)) continue;
    const entry = found.get(key) ?? { value: loser.value, by: [] };
    if (!entry.by.includes(loser.source)) entry.by.push(loser.source);
    found.set(key, entry);
  }
  return [...found.values()];
}

const sourcesOf = (records: readonly string[]): string => [...new Set(records.map((record) => record.slice(0, record.indexOf('/'))))].join(' and ');

/** A record's key without the middle of a long id: it is to be recognised, not copied. */
export function shortRecord(key: string): string {
  const [source = '', stream = '', ...rest] = key.split('/');
  const id = rest.join('/');
  return plain(`${source}/${stream}/${id.length <= 44 ? id : `…${id.slice(-40)}`}`);
}
