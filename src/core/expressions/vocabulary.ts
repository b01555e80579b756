import type { Clocked } from './instants.js';
import type { FunctionSpec } from './types.js';

/** Functions of life cycle rules and policies. Sources are meant by name (`'acme-prod'`) or by role (`'discovery'`). */
export const RULE_FUNCTIONS: Readonly<Record<string, FunctionSpec>> = {
  first_seen_by: { args: [{ type: 'text' }], returns: 'boolean', about: 'a record of that source or role has been seen at least once' },
  seen_by: { args: [{ type: 'text' }], returns: 'boolean', about: 'a live record of that source or role sees the asset now' },
  absent_for: { args: [{ type: 'text', optional: true }], returns: 'duration', about: 'time since the last live record (of that source or role) went; unknown while one is live' },
  in_stage_for: { args: [], returns: 'duration', about: 'time since the asset entered its stage' },
  unchanged_for: { args: [{ type: 'text' }], returns: 'duration', about: 'time since the attribute named in quotes took its present value' },
};

/** Which of them run with time. */
export const RULE_CLOCKS: Clocked = { absent_for: 'grows', in_stage_for: 'grows', unchanged_for: 'grows' };
