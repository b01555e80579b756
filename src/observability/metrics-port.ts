export type Labels = Readonly<Record<string, string>>;

/** What is counted while it happens. What can be asked of the database is asked when somebody looks, and not counted here. Labels are sources, streams and reasons, never assets. */
export interface Metrics {
  /** A name of `COUNTERS`. */
  count(name: string, labels?: Labels, by?: number): void;
  /** A name of `HISTOGRAMS`; seconds. */
  observe(name: string, seconds: number, labels?: Labels): void;
}

export const NO_METRICS: Metrics = { count: () => undefined, observe: () => undefined };
