import type { Style } from '../style.js';
import { indent, plain, valueText } from './text.js';

export interface MatchDocument {
  readonly id: string;
  readonly problem?: string;
  readonly ignored?: readonly string[];
  readonly canonical?: { readonly class?: string; readonly attributes: Readonly<Record<string, unknown>>; readonly maker?: string; readonly hostnames: readonly string[] };
  readonly identifiers?: readonly { readonly kind: string; readonly value: string; readonly tier: string; readonly state: string; readonly records: readonly string[] }[];
  readonly joins?: string | null;
  readonly merges?: readonly string[];
  readonly others?: readonly { readonly asset: string; readonly because: string }[];
  readonly reviews?: readonly { readonly kind: string; readonly because: string }[];
}

export function renderMatch(match: MatchDocument, style: Style): string {
  const { id, problem, canonical, identifiers = [], joins, merges, others = [], reviews = [], ignored = [] } = match;
  if (problem !== undefined) return `${style.bold(plain(id))}  ${style.red('cannot be used:')} ${plain(problem, 500)}`;
  const lines = [`${style.bold(plain(id))}  ${merges ? style.yellow(`would make one of ${merges.length} assets: ${merges.map((each) => plain(each)).join(', ')}`) : joins ? style.green(`would join ${plain(joins)}`) : 'would be a new asset'}`];
  if (canonical) {
    lines.push(style.dim('  as it is compared'));
    lines.push(indent([`class ${canonical.class ?? '(none)'}`, ...(canonical.maker === undefined ? [] : [`maker ${plain(canonical.maker)}`]), ...(canonical.hostnames.length === 0 ? [] : [`host name ${plain(canonical.hostnames.join(', '))}`]), ...Object.entries(canonical.attributes).map(([name, value]) => `${plain(name)} ${valueText(value)}`)].join('\n'), '    '));
  }
  if (identifiers.length > 0) lines.push(style.dim('  identifiers'));
  for (const { kind, value, tier, state, records } of identifiers) {
    const word = state === 'single' ? (records.length === 0 ? 'nobody else has it' : 'joins nothing') : state;
    lines.push(`    ${plain(`${kind}:${value}`)}  ${style.dim(tier)}  ${state === 'linked' || state === 'attached' ? style.green(word) : state === 'single' ? word : style.yellow(word)}${records.length === 0 ? '' : `, held by ${plain(records.slice(0, 5).join(', '))}${records.length > 5 ? ` and ${records.length - 5} more` : ''}`}`);
  }
  for (const { asset, because } of others) lines.push(`  ${style.yellow('not')} ${plain(asset)}: ${plain(because, 400)}`);
  for (const { kind, because } of reviews) lines.push(`  ${style.yellow('! would open a review')} (${kind.replaceAll('_', ' ')}): ${plain(because, 300)}`);
  if (ignored.length > 0) lines.push(style.dim(`  no attribute or identifier, so kept as they are or passed over: ${plain(ignored.join(', '))}`));
  return lines.join('\n');
}
