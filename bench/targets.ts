import type { LimitName } from './limits/rows.js';

export type DatabaseKind = 'sqlite' | 'mysql';
export const PHASES = ['first load', 'unchanged', '1 % changed', 'all changed', 'rebuild'] as const;
export type Phase = (typeof PHASES)[number];

export interface Target {
  readonly limit: LimitName;
  /** Share of the limit: what a correct but careless version reaches, what an excellent one does. */
  readonly floor: number;
  readonly excellent: number;
}

/**
 * What is aimed at. The shares hold on any machine; the absolute rates from which they were made do not. A
 * floor is its share of the excellent rate of the same line.
 */
export const TARGETS: Readonly<Record<DatabaseKind, Partial<Record<Phase, Target>>>> = {
  sqlite: {
    'first load': { limit: 'L2', floor: 0.17, excellent: 0.4 }, unchanged: { limit: 'L3', floor: 0.14, excellent: 0.33 },
    '1 % changed': { limit: 'L4', floor: 0.18, excellent: 0.43 }, 'all changed': { limit: 'L5', floor: 0.19, excellent: 0.45 },
  },
  mysql: {
    'first load': { limit: 'L2', floor: 0.22, excellent: 0.49 }, unchanged: { limit: 'L3', floor: 0.24, excellent: 0.54 },
    '1 % changed': { limit: 'L4', floor: 0.24, excellent: 0.57 }, 'all changed': { limit: 'L5', floor: 0.34, excellent: 0.77 },
  },
};

/** 1 % changed must hold this share of the program's own unchanged rate. */
export const SOME_OF_UNCHANGED: Readonly<Record<DatabaseKind, number>> = { sqlite: 0.85, mysql: 0.65 };
/** Peak resident memory, MB, at 10,000 and at 100,000 records, and what it may grow by between them. */
export const MEMORY = { small: 220, large: 260, growth: 50 };
/** The rate at the larger size holds this share of the rate at the smaller. */
export const RATE_WHEN_GROWN = 0.8;

/** Share of a target's own budget that push uses while it owes something. */
export const BUDGET_USED = 0.95;

export type Verdict = { readonly met: true } | { readonly met: false; readonly missing: number };

/** `missing`: the share of the bar that is not there. */
export const atLeast = (value: number, bar: number): Verdict => (value >= bar ? { met: true } : { met: false, missing: 1 - value / bar });
export const atMost = (value: number, bar: number): Verdict => (value <= bar ? { met: true } : { met: false, missing: value / bar - 1 });

export const inWords = (verdict: Verdict): string => (verdict.met ? 'met' : `NOT MET, by ${Math.max(1, Math.round(verdict.missing * 100))} %`);
