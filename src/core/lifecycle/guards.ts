import type { Hold } from '../../../connectors/sdk/contract/index.js';
import { isA } from '../model/classes.js';
import type { Move } from '../model/lifecycle.js';
import type { FoldInput } from './fold-types.js';

export const LEGAL_HOLD = 'a legal hold forbids disposed';

/** Is a legal hold in force at the time of this move? Nobody's word goes past it; only lifting it does. */
export function forbidsDisposal(move: Move, holds: ReadonlyMap<Hold, number>): boolean {
  const since = holds.get('legal');
  return move.to === 'disposed' && since !== undefined && since <= move.at;
}

/** Why a legal move must wait for a person; undefined: nothing stands against it. What came about after the move guards nothing. */
export function guardOf(move: Move, input: FoldInput, holds: ReadonlyMap<Hold, number>): string | undefined {
  if (move.to !== 'retired' && move.to !== 'disposed') return undefined;
  if (forbidsDisposal(move, holds)) return LEGAL_HOLD;
  const dependants = input.liveDependants.filter(({ since }) => since === undefined || since <= move.at);
  if (dependants.length > 0) return `live dependants: ${namesOf(dependants)}`;
  if (move.to === 'disposed' && isA(input.assetClass, 'hardware', input.classes) && !move.evidence && !input.disposalReference) {
    return 'disposed hardware needs evidence: a reference with the move, or disposal_reference';
  }
  return undefined;
}

function namesOf(dependants: FoldInput['liveDependants']): string {
  const names = [...new Set(dependants.map(({ id, name }) => name ?? id))].sort();
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

/** Why a rule keeps away from this asset, though nothing is wrong with the move; undefined: it does not. */
export function ruleBar(move: Move, stage: Move['to'], input: Pick<FoldInput, 'rules'>, holds: ReadonlyMap<Hold, number>): string | undefined {
  if (move.leavesProtected) return undefined;
  const held = [...holds].filter(([, since]) => since <= move.at).map(([hold]) => hold).sort();
  if (held.length > 0) return `on hold: ${held.join(', ')}`;
  return input.rules.protected.includes(stage) && !move.from?.includes(stage) ? `${stage} is protected from rules` : undefined;
}
