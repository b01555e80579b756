import pc from 'picocolors';
import type { Io, Sink } from './io.js';

export interface Style {
  readonly isColoured: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Colour is for people at a terminal who have not asked to be spared. */
export function styleFor(sink: Sink, env: Io['env'], wanted: boolean): Style {
  const isColoured = wanted && sink.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb' && !env['CI'];
  const { bold, dim, red, green, yellow, cyan } = pc.createColors(isColoured);
  return { isColoured, bold, dim, red, green, yellow, cyan };
}

export const PLAIN: Style = { isColoured: false, bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };

/** Whether a line may be overwritten while work goes on. */
export const mayAnimate = (sink: Sink, env: Io['env']): boolean => sink.isTTY && env['TERM'] !== 'dumb' && !env['CI'];
