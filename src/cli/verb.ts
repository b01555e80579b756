import { Argument, Option, type Command } from 'commander';
import type { ExitCode } from './failures.js';
import type { Session } from './session.js';

export type Options = Readonly<Record<string, any>>;
export type Run = (session: Session, args: readonly any[], options: Options) => Promise<ExitCode | void>;

/** One thing that can be typed. What it does is loaded only when it is asked for. */
export interface Verb {
  /** `merge <asset> <other...>`. */
  readonly usage: string;
  readonly purpose: string;
  /** Said below the purpose, where a line is not enough. */
  readonly details?: string;
  readonly arguments?: readonly (readonly [name: string, about: string])[];
  readonly options?: readonly (readonly [flags: string, about: string, more?: OptionMore])[];
  /** What to type, and what that does. */
  readonly examples: readonly (readonly [string, string])[];
  readonly run: Run;
  /** Verbs below one that also acts by itself: `push`, `push pause`. */
  readonly below?: readonly Verb[];
}

export interface OptionMore {
  readonly parse?: (text: string, before: any) => unknown;
  readonly default?: unknown;
  readonly choices?: readonly string[];
  readonly required?: boolean;
}

/** Verbs under one noun: `assets list`. */
export interface Group {
  readonly name: string;
  readonly purpose: string;
  readonly verbs: readonly Verb[];
}

export type Perform = (run: Run, command: Command, args: readonly unknown[]) => Promise<void>;

export function addVerb(parent: Command, verb: Verb, perform: Perform): Command {
  const [name = '', ...args] = verb.usage.split(' ');
  const command = parent.command(name);
  const about = new Map(verb.arguments);
  for (const arg of args) {
    const bare = arg.replace(/[<>[\].]/g, '');
    command.addArgument(new Argument(arg, about.get(bare) ?? ''));
  }
  command.description(verb.details === undefined ? verb.purpose : `${verb.purpose}\n\n${verb.details}`).summary(verb.purpose);
  for (const [flags, text, more] of verb.options ?? []) command.addOption(optionOf(flags, text, more));
  command.addHelpText('after', `\nExamples:\n${exampleLines(verb.examples)}`);
  command.action(async (...all: unknown[]) => perform(verb.run, command, all.slice(0, args.length)));
  for (const below of verb.below ?? []) addVerb(command, below, perform);
  return command;
}

export function addGroup(parent: Command, group: Group, perform: Perform): Command {
  const command = parent.command(group.name).description(group.purpose).summary(group.purpose);
  for (const verb of group.verbs) addVerb(command, verb, perform);
  return command;
}

function optionOf(flags: string, about: string, { parse, default: fallback, choices, required }: OptionMore = {}): Option {
  const option = new Option(flags, about);
  if (choices) option.choices(choices);
  if (parse) option.argParser(parse);
  if (fallback !== undefined) option.default(fallback);
  if (required) option.makeOptionMandatory();
  return option;
}

export function exampleLines(examples: Verb['examples']): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return examples.map(([line, what]) => `  ${line.padEnd(width)}   # ${what}`).join('\n');
}

/** `--source a --source b` and `--source a,b` are one. */
export const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), ...text.split(',').map((each) => each.trim()).filter((each) => each !== '')];
/** File names may hold commas. */
export const collectWhole = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];
