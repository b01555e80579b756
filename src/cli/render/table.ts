import Table from 'cli-table3';
import type { Style } from '../style.js';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

/** Columns without lines: it can be read, copied and cut. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style): string {
  const chars = Object.fromEntries(['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'].map((each) => [each, '']));
  const grid = new Table({
    head: columns.map(({ head }) => style.dim(head)), colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: { ...chars, middle: '  ' }, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  grid.push(...rows.map((row) => [...row]));
  return grid.toString().split('\n').map((line) => line.trimEnd()).join('\n');
}

/** Two columns: names and what they are. */
export function facts(rows: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${style.dim(name.padEnd(width))}  ${value}`.trimEnd()).join('\n');
}
