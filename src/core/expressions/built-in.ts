import type { FactValue, FunctionSpec } from './types.js';

/** Functions that need nothing but their argument and `asOf`: known in every expression. */
export const BUILT_IN_FUNCTIONS: Readonly<Record<string, FunctionSpec>> = {
  until: { args: [{ type: 'day' }], returns: 'duration', about: 'time from now to the beginning (UTC) of a day; negative once it has begun' },
  since: { args: [{ type: 'day' }], returns: 'duration', about: 'time from the beginning (UTC) of a day to now' },
};

/** The value of a built-in function; undefined when its argument is unknown or no date. */
export function callBuiltIn(name: string, args: readonly (FactValue | undefined)[], asOf: number): number | undefined {
  const [day] = args;
  const at = typeof day === 'string' && /^\d{4}-\d\d-\d\d/.test(day) ? Date.parse(day) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  return name === 'until' ? at - asOf : asOf - at;
}

export const isBuiltIn = (name: string): boolean => Object.hasOwn(BUILT_IN_FUNCTIONS, name);
