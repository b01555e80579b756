import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands/index.js';
import { versionOf } from './version.js';
import { addGroup, addVerb, collectWhole, exampleLines, type Perform } from './verb.js';

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['lockstep init --out lockstep.yaml NAME...', 'write a commented configuration for these connectors'],
  ['lockstep check', 'reach every source and name each missing right'],
  ['lockstep sync', 'read every source once'],
  ['lockstep assets explain serial:ABC123', 'why an asset is what it is, and says who'],
];

export interface ProgramOutput { out(text: string): void; err(text: string): void; readonly columns: number; readonly errColumns: number }

/** The whole command line as data: `--help`, completion and the parser read the same. */
export function buildProgram(perform: Perform, output: ProgramOutput): Command {
  const program = new Command('lockstep');
  program.description('Keeps every system that knows an IT asset in lockstep with one canonical record of it.')
    .option('--config <file>', 'configuration file or folder; repeatable, later ones win (default: LOCKSTEP_CONFIG, else lockstep.yaml)', collectWhole)
    .option('--json', 'print data as JSON: one object, or one object a line for lists')
    .option('--wait <duration>', 'how long to wait for another command that holds the database (default: 60s)')
    .option('--debug', 'log everything to stderr as JSON lines, with stacks of errors')
    .option('--verbose', 'say more: the source lines of configuration problems')
    .option('--no-color', 'no colours (NO_COLOR, CI and TERM=dumb say the same)')
    .version(`lockstep ${versionOf().version}`, '-V, --version', 'print the version')
    .showSuggestionAfterError(true)
    .addHelpText('after', `\nExamples:\n${exampleLines(EXAMPLES)}\n\nExit codes: 0 succeeded, 1 something failed or was not found, 2 bad usage or configuration, 3 \`plan --detailed-exitcode\` with changes.\nMore: README.md and docs/architecture.md.`);
  configure(program, output);
  for (const each of COMMANDS) 'verbs' in each ? addGroup(program, each, perform) : addVerb(program, each, perform);
  eachCommand(program, (command) => configure(command, output));
  return program;
}

function configure(command: Command, { out, err, columns, errColumns }: ProgramOutput): void {
  command.exitOverride().configureOutput({ writeOut: out, writeErr: err, outputError: (text, write) => write(text), getOutHelpWidth: () => columns, getErrHelpWidth: () => errColumns })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false }).showHelpAfterError(`(\`${pathOf(command)} --help\` says how it is used)`);
}

export function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

function eachCommand(command: Command, work: (command: Command) => void): void {
  for (const each of command.commands) {
    work(each);
    eachCommand(each, work);
  }
}

export const isHelp = (error: unknown): error is CommanderError => error instanceof CommanderError && (error.code === 'commander.helpDisplayed' || error.code === 'commander.version');
export const isUsage = (error: unknown): error is CommanderError => error instanceof CommanderError;
