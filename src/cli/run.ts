import type { Command } from 'commander';
import { HandedOver, type ExitCode } from './failures.js';
import type { Io } from './io.js';
import { buildProgram, isHelp, isUsage } from './program.js';
import { renderTold, tell } from './render/error.js';
import { newErrorId } from '../observability/error-id.js';
import { Session } from './session.js';
import { flagsOf } from './flags.js';
import type { Run } from './verb.js';

/** One command from its arguments (without node and script) to its exit code. Touches nothing but what `io` hands it. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const spoken: { readonly to: 'out' | 'err'; readonly text: string }[] = [];
  let exitCode: ExitCode = 0;
  const perform = async (work: Run, command: Command, args: readonly unknown[]): Promise<void> => {
    const session = new Session(io, flagsOf(command), program, argv, run);
    try {
      exitCode = (await work(session, args as readonly any[], command.opts())) ?? 0;
    } catch (error) {
      exitCode = error instanceof HandedOver ? error.exitCode : await failed(session, error);
    } finally {
      await session.out.clearStatus();
    }
  };
  const program = buildProgram(perform, {
    out: (text) => spoken.push({ to: 'out', text }), err: (text) => spoken.push({ to: 'err', text }), columns: widthOf(io.stdout.columns), errColumns: widthOf(io.stderr.columns),
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!isUsage(error)) throw error;
    exitCode = isHelp(error) ? 0 : 2;
  }
  for (const { to, text } of spoken) await (to === 'out' ? io.stdout : io.stderr).write(text);
  return exitCode;
}

const widthOf = (columns: number): number => Math.max(60, Math.min(columns, 120));

/** Says what failed: the only place where an error becomes words and a code. */
async function failed(session: Session, error: unknown): Promise<ExitCode> {
  const { out, flags } = session;
  const told = tell(error, newErrorId);
  await out.talk(renderTold(told, out.talkStyle));
  if (flags.debug) {
    if (told.id !== undefined) await out.talk(JSON.stringify({ level: 'error', time: new Date(session.io.clock.now()).toISOString(), errorId: told.id, message: told.message }));
    await out.talk(error instanceof Error ? stackOf(error) : String(error));
  }
  return told.exitCode;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
