import type { LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import { originText } from '../model/lifecycle.js';
import type { PlacedMove } from './move-order.js';

const HOUR = 3_600_000;
/** So many changes between the same two stages by the same two origins within an hour are a quarrel of two tools, not a life cycle. */
export const FLIPS = 3;

interface Flip { readonly from: LifecycleStage; readonly to: LifecycleStage; readonly origin: string; readonly at: number }

/** Two origins and two stages that quarrel. */
export interface Quarrel { readonly origins: readonly string[]; readonly stages: readonly LifecycleStage[] }

/** Remembers the last changes of one asset and sees when the next one would be a flip too many. */
export class Damper {
  private last: Flip[] = [];
  /** Quarrels that a person has decided: until the verdict they move nothing any more. */
  private muted: { readonly quarrel: Quarrel; readonly until: number }[] = [];

  /** The quarrel that this change would carry on for the third time within the hour. */
  quarrelOf({ move }: PlacedMove, from: LifecycleStage): Quarrel | undefined {
    const flips = [...this.last.slice(1 - FLIPS), { from, to: move.to, origin: originText(move.origin), at: move.at }];
    if (flips.length < FLIPS || move.at - flips[0]!.at > HOUR) return undefined;
    const [a, b] = flips as [Flip, Flip];
    if (a.origin === b.origin) return undefined;
    const isQuarrel = flips.every((flip, i) => {
      const like = i % 2 === 0 ? a : b;
      return flip.origin === like.origin && flip.from === like.from && flip.to === like.to && like.to === (i % 2 === 0 ? b : a).from;
    });
    return isQuarrel ? { origins: [a.origin, b.origin], stages: [a.from, a.to] } : undefined;
  }

  changed({ move }: PlacedMove, from: LifecycleStage): void {
    this.last = [...this.last.slice(1 - FLIPS), { from, to: move.to, origin: originText(move.origin), at: move.at }];
  }

  /** A person has spoken: what was before counts for no quarrel to come. */
  settle(): void { this.last = []; }

  mute(quarrel: Quarrel, until: number): void {
    this.settle();
    this.muted.push({ quarrel, until });
  }

  isMuted({ move }: PlacedMove): boolean {
    return this.muted.some(({ quarrel, until }) => move.at <= until && quarrel.stages.includes(move.to) && quarrel.origins.includes(originText(move.origin)));
  }
}
