import { LIFECYCLE_STAGES, type LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import type { LifecycleRules, Transition } from '../model/rules.js';

/** The way that every asset goes. Maintenance lies beside it: an asset that retires has not been through it because of that. */
export const MAIN_LINE: readonly LifecycleStage[] = ['requested', 'acquired', 'deployed', 'in_use', 'retired', 'disposed'];

/** Legal although they lead back: to stock, re-use, and out of the workshop. */
export const BACKWARD: readonly Transition[] = [
  { from: 'deployed', to: 'acquired' }, { from: 'in_use', to: 'acquired' }, { from: 'maintenance', to: 'acquired' },
  { from: 'retired', to: 'acquired' }, { from: 'maintenance', to: 'in_use' },
];

const indexOf = (stage: LifecycleStage): number => LIFECYCLE_STAGES.indexOf(stage);
const isForward = ({ from, to }: Transition): boolean => indexOf(from) < indexOf(to);
const keyOf = ({ from, to }: Transition): string => `${from}>${to}`;

export interface StageGraph { isLegal(from: LifecycleStage, to: LifecycleStage): boolean }

const graphs = new WeakMap<object, StageGraph>();

/** Every forward jump (polling misses steps), the backward moves above, and what the configuration adds and removes. */
export function stageGraph(rules: Pick<LifecycleRules, 'add' | 'remove'>): StageGraph {
  let graph = graphs.get(rules);
  if (!graph) {
    const legal = legalTransitions(rules);
    graphs.set(rules, (graph = { isLegal: (from, to) => legal.has(keyOf({ from, to })) }));
  }
  return graph;
}

function legalTransitions({ add, remove }: Pick<LifecycleRules, 'add' | 'remove'>): Set<string> {
  const legal = new Set([...builtIn(), ...add].map(keyOf));
  for (const transition of remove) legal.delete(keyOf(transition));
  return legal;
}

function builtIn(): Transition[] {
  return [...LIFECYCLE_STAGES.flatMap((from) => LIFECYCLE_STAGES.map((to) => ({ from, to }))).filter(isForward), ...BACKWARD];
}

/** Stages of the main line that a jump leaves out; a move back passes none. */
export function passedStages(from: LifecycleStage, to: LifecycleStage): LifecycleStage[] {
  return MAIN_LINE.filter((stage) => indexOf(stage) > indexOf(from) && indexOf(stage) < indexOf(to));
}

export type GraphProblem =
  | { readonly kind: 'to_itself' | 'added_and_removed' | 'not_there'; readonly transition: Transition; readonly message: string }
  | { readonly kind: 'unreachable' | 'dead_end'; readonly stage: LifecycleStage; readonly message: string };

/** What is wrong with the configured transitions. `add` and `remove` that say nothing new are told, for they are mistakes of someone. */
export function checkTransitions({ add, remove }: Pick<LifecycleRules, 'add' | 'remove'>): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const [added, known] = [new Set(add.map(keyOf)), new Set(builtIn().map(keyOf))];
  for (const transition of [...add, ...remove]) {
    if (transition.from === transition.to) problems.push({ kind: 'to_itself', transition, message: `${transition.from} to itself is no transition` });
  }
  for (const transition of remove) {
    if (added.has(keyOf(transition))) problems.push({ kind: 'added_and_removed', transition, message: `${keyOf(transition)} is both added and removed` });
    else if (!known.has(keyOf(transition)) && transition.from !== transition.to) problems.push({ kind: 'not_there', transition, message: `${keyOf(transition)} is not legal anyway` });
  }
  const legal = legalTransitions({ add, remove });
  const next = (stage: LifecycleStage): LifecycleStage[] => LIFECYCLE_STAGES.filter((to) => to !== stage && legal.has(keyOf({ from: stage, to })));
  const fromStart = reachableFrom('requested', next);
  for (const stage of LIFECYCLE_STAGES) {
    if (!fromStart.has(stage)) problems.push({ kind: 'unreachable', stage, message: `no way leads from requested to ${stage}` });
    if (!reachableFrom(stage, next).has('disposed')) problems.push({ kind: 'dead_end', stage, message: `no way leads from ${stage} to disposed` });
  }
  return problems;
}

function reachableFrom(start: LifecycleStage, next: (stage: LifecycleStage) => readonly LifecycleStage[]): Set<LifecycleStage> {
  const found = new Set([start]);
  for (const stage of found) for (const to of next(stage)) found.add(to);
  return found;
}
