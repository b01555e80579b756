import type { Style } from '../style.js';
import { count, numberText, plain, valueText } from './text.js';

export interface PlanChange {
  readonly asset: string;
  readonly name?: string | null;
  readonly kind: string;
  readonly attribute?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly because?: unknown;
  readonly source?: string | null;
  readonly class?: string | null;
}
export interface PlanDocument {
  readonly summary: { readonly create: number; readonly change: number; readonly retire: number; readonly push: number; readonly reviews: number };
  readonly changes: readonly PlanChange[];
}

const SYMBOLS: Readonly<Record<string, string>> = { create: '+', change: '~', retire: '-', merge: '~', split: '~', review: '!', push: '>' };
/** What is hardest to take back comes first. */
const ORDER = ['retire', 'merge', 'split', 'push', 'review', 'change', 'create'];
const MOST_LINES = 20;

/** Grouped by source, then class; at most 20 lines a group unless `all`. */
export function renderPlan(plan: PlanDocument, style: Style, all = false): string {
  const groups = new Map<string, PlanChange[]>();
  for (const change of plan.changes) {
    const title = `${change.source ?? 'by rules and time'} / ${change.kind === 'review' ? 'reviews' : change.class ?? 'no class'}`;
    groups.set(title, [...(groups.get(title) ?? []), change]);
  }
  const rank = ({ kind }: PlanChange): number => (ORDER.indexOf(kind) + ORDER.length + 1) % (ORDER.length + 1);
  const parts = [...groups].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([title, changes]) => {
    const sorted = changes.map((change, at) => ({ change, at })).sort((a, b) => rank(a.change) - rank(b.change) || a.at - b.at).map(({ change }) => change);
    const shown = all ? sorted : sorted.slice(0, MOST_LINES);
    const rest = sorted.length - shown.length;
    return [style.bold(plain(title)), ...shown.map((change) => `  ${line(change, style)}`), ...(rest > 0 ? [style.dim(`  and ${numberText(rest)} more (--all)`)] : [])].join('\n');
  });
  return [...parts, summaryLine(plan)].join('\n\n');
}

export function summaryLine({ summary: { create, change, retire, push, reviews } }: PlanDocument): string {
  if (create + change + retire + push + reviews === 0) return 'Plan: nothing to do.';
  return `Plan: ${numberText(create)} to create, ${numberText(change)} to change, ${numberText(retire)} to retire, ${numberText(push)} to push, ${count(reviews, 'review')}.`;
}

function line(change: PlanChange, style: Style): string {
  const { kind, asset, name, attribute, before, after, because } = change;
  const paint = kind === 'create' ? style.green : kind === 'retire' ? style.red : kind === 'review' || kind === 'merge' || kind === 'split' ? style.yellow : style.cyan;
  const who = kind === 'review' ? plain(String(after ?? 'review').replaceAll('_', ' '), 50) : plain(name ?? asset, 50);
  const what = kind === 'create' || kind === 'review' ? '' : attribute === undefined ? ` ${kind}` : ` ${plain(attribute)}: ${valueText(before ?? null, 40)} -> ${valueText(after ?? null, 40)}`;
  const verb = kind === 'merge' || kind === 'split' ? `${kind} ` : '';
  return `${paint(SYMBOLS[kind] ?? '~')} ${verb}${who}${verb === '' ? what : attribute === undefined ? '' : what}${because === undefined || because === null || because === '' ? '' : style.dim(`  ${plain(reasonText(because), 120)}`)}`;
}

const reasonText = (because: unknown): string => (typeof because === 'string' ? because : JSON.stringify(because));
