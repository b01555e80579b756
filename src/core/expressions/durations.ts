const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** ms of `30s`, `5m`, `2h`, `7d`; undefined for anything else. A bare number is refused: its unit would be a guess. */
export function parseDuration(text: string): number | undefined {
  const found = /^(\d{1,9})([smhd])$/.exec(text);
  if (!found) return undefined;
  return Number(found[1]) * UNITS[found[2] as keyof typeof UNITS];
}

/** The shortest spelling that `parseDuration` reads back as the same. Takes whole seconds. */
export function printDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm'] as const) if (ms !== 0 && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  return `${ms / UNITS.s}s`;
}
