import type { Io } from '../cli/io.js';
import { actingAs, type Engine } from '../engine/engine.js';
import type { DoorCommand, DoorTalk, DoorWork } from './local-door.js';

export type RunCommand = (argv: readonly string[], io: Io) => Promise<number>;

/** Commands of the command line on the engine that is there: the same code, the same words, the same exit codes. */
export const doorWork = (engine: Engine, run: RunCommand): DoorWork => async (command, talk) => {
  if (command.configHash !== undefined && command.configHash !== engine.config.hash) {
    await talk.write('err', 'the service still runs with the configuration that it has loaded; reload it (SIGHUP) to use the files as they are now\n');
  }
  return run(command.argv, ioOf(engine, command, talk));
};

function ioOf(engine: Engine, command: DoorCommand, talk: DoorTalk): Io {
  return {
    stdout: { write: (text) => talk.write('out', text), ...command.stdout },
    stderr: { write: (text) => talk.write('err', text), ...command.stderr },
    stdin: { isTTY: command.stdinIsTTY, line: () => talk.ask('line'), text: () => talk.ask('text') },
    env: command.env, cwd: command.cwd, user: command.user, clock: engine.clock, catalogue: engine.catalogue,
    onInterrupt: (listener) => talk.onInterrupt(listener),
    // The second Ctrl-C ends the command's own process; the work here ends after its slice.
    abandon: () => undefined,
    onReload: () => () => undefined,
    service: { engine: actingAs(engine, command.user), confirmed: command.confirmed === true },
  };
}
