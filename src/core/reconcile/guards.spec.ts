import { breaches, isOver, isSuspect, type SafetyLimits } from './guards.js';

const limits: SafetyLimits = { maxDeleteRatio: 0.1, minDeletes: 10, maxChangeRatio: 0.2, minChanges: 25, missingPasses: 2, missingForMs: 1_000, suspectRatio: 0.5 };

it.each`
  count | base   | ratio  | minimum | breach
  ${10} | ${10}  | ${0.1} | ${10}   | ${false}
  ${11} | ${200} | ${0.1} | ${10}   | ${false}
  ${11} | ${110} | ${0.1} | ${10}   | ${false}
  ${11} | ${109} | ${0.1} | ${10}   | ${true}
  ${26} | ${0}   | ${0.2} | ${25}   | ${true}
  ${0}  | ${0}   | ${0.2} | ${0}    | ${false}
`('$count of $base is a breach of $ratio and $minimum: $breach', ({ count, base, ratio, minimum, breach }) => expect(breaches(count, base, ratio, minimum)).toBe(breach));

it.each`
  seen   | before | suspect
  ${0}   | ${0}   | ${false}
  ${0}   | ${1}   | ${true}
  ${1}   | ${12}  | ${true}
  ${1}   | ${11}  | ${false}
  ${49}  | ${100} | ${true}
  ${50}  | ${100} | ${false}
  ${200} | ${100} | ${false}
`('$seen records where $before were live is suspect: $suspect', ({ seen, before, suspect }) => expect(isSuspect(seen, before, limits)).toBe(suspect));

it.each`
  misses | since | now      | over
  ${1}   | ${0}  | ${9_999} | ${false}
  ${2}   | ${0}  | ${999}   | ${false}
  ${2}   | ${0}  | ${1_000} | ${true}
`('missing $misses times since $since is over at $now: $over', ({ misses, since, now, over }) => expect(isOver({ misses, missingSince: since }, now, limits)).toBe(over));
