/** Of what a finding speaks, in the order in which people are told. */
export const AREAS = ['configuration', 'versions', 'database', 'sources', 'work', 'writes'] as const;
export type Area = (typeof AREAS)[number];

/** `failed`: something does not work. `warning`: it works, and somebody should look. */
export interface Finding {
  readonly area: Area;
  /** Which one: a source, a target, a file. */
  readonly subject?: string;
  readonly outcome: 'ok' | 'warning' | 'failed';
  readonly message: string;
  /** What to do about it. */
  readonly next?: string;
}
