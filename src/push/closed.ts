import type { Engine } from '../engine/engine.js';
import { targetState } from '../database/repositories/push.js';
import { quietUntil } from './limits.js';
import type { Target } from './rules.js';

export interface Closed { readonly status: 'off' | 'paused' | 'quiet'; readonly reason: string }

/** Why nothing may be written to a target now, whoever wants it; undefined: it may. */
export async function closedBecause(engine: Engine, { source }: Target): Promise<Closed | undefined> {
  if (!engine.push?.writes) return { status: 'off', reason: 'environment.writes is off: nothing leaves' };
  const state = await engine.database.read((tx) => targetState(tx, source.name));
  if (state.paused) return { status: 'paused', reason: state.pausedBecause ?? 'by a person' };
  const quiet = quietUntil(source.push.quietHours, source.schedule.timezone, engine.clock.now());
  return quiet === undefined ? undefined : { status: 'quiet', reason: `quiet hours until ${new Date(quiet).toISOString()}` };
}
