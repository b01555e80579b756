import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

/**
 * Runs a command with its talk in `log`, in a process group of its own. When its minutes are up the group is asked to end, and ten seconds later it is ended.
 * @returns {Promise<{ code: number, timedOut: boolean, minutes: number }>}
 */
export function run(command, args, { cwd, env, log, minutes }) {
  const from = Date.now();
  return new Promise((resolve) => {
    const out = openSync(log, 'a');
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', out, out], detached: true });
    let timedOut = false;
    let ended = false;
    let last;
    const signal = (name) => {
      try {
        process.kill(-child.pid, name);
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      signal('SIGTERM');
      last = setTimeout(() => signal('SIGKILL'), 10_000);
    }, minutes * 60_000);
    const end = (code) => {
      if (ended) return;
      ended = true;
      // The leader is gone; whoever of its group did not listen goes now.
      if (timedOut) signal('SIGKILL');
      clearTimeout(timer);
      clearTimeout(last);
      closeSync(out);
      resolve({ code: timedOut ? 1 : code, timedOut, minutes: (Date.now() - from) / 60_000 });
    };
    child.once('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      end(1);
    });
    child.once('close', (code) => end(code ?? 1));
  });
}

/** The end of a log, without the folders of this machine. */
export function lastWords(log, root, lines = 100) {
  return readFileSync(log, 'utf8').replaceAll(root, '.').replaceAll(tmpdir(), '<tmp>').trimEnd().split('\n').slice(-lines).join('\n');
}
