import type { Command } from 'commander';

/** What every command takes. */
export interface Flags {
  readonly config: readonly string[];
  readonly json: boolean;
  readonly debug: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly wait?: string;
}

export function flagsOf(command: Command): Flags {
  const { config, json, debug, verbose, color, wait } = command.optsWithGlobals<Partial<Flags>>();
  return { config: config ?? [], json: json ?? false, debug: debug ?? false, verbose: verbose ?? false, color: color ?? true, ...(wait !== undefined && { wait }) };
}
