import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileProduct } from '../../support/child/product.mjs';

export const name = 'endurance';
/** Rounds: four hours of one in the minute. */
export const total = 240;

const ASSETS = Number(process.env.LOCKSTEP_CRASH_ENDURANCE_ASSETS ?? 20_000);
/** The questions at the end of a turn take about so long. */
const LAST_WORDS_MS = 60_000;
/** What a process may hold more in the last third of its turn than in the first, in MiB. Too short a turn tells nothing of memory. */
const MORE = { heap: 4, rss: 48 };
const ROUNDS_THAT_TELL = 9;

let folder;
let world;

/** One database through all turns, each turn one process: what it holds is measured after each round, what it stored is judged at the end. */
export async function run({ seed, until, left, done, say }) {
  if (!folder) {
    folder = mkdtempSync(path.join(tmpdir(), 'lockstep-endurance-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  world ??= seed;
  const rounds = [];
  let complaints;
  const { code, words } = await turn([folder, String(world), String(ASSETS), String(until - LAST_WORDS_MS), String(left)], (line) => {
    if (line.complaints) complaints = line.complaints;
    else {
      rounds.push(line);
      done(1);
    }
  });
  if (code !== 0 || !complaints) throw new Error(`the turn with world ${world} ended with ${code}: ${words}`);
  if (complaints.length > 0) throw new Error(`world ${world}, after round ${rounds.at(-1)?.round}: ${complaints.join('\n')}`);
  const files = new Set(rounds.map((round) => round.files));
  if (files.size > 1) throw new Error(`open files after a round: ${rounds.map((round) => round.files).join(', ')}`);
  const third = Math.floor(rounds.length / 3);
  const growth = Object.fromEntries(Object.keys(MORE).map((what) => [what, median(rounds.slice(-third), what) - median(rounds.slice(0, third), what)]));
  if (rounds.length >= ROUNDS_THAT_TELL) {
    for (const [what, most] of Object.entries(MORE)) if (growth[what] > most) throw new Error(`${what} grew by ${growth[what].toFixed(1)} MiB in ${rounds.length} rounds: ${rounds.map((round) => round[what].toFixed(0)).join(', ')}`);
  }
  say(`world ${world}: rounds ${rounds[0].round} to ${rounds.at(-1).round} sound, ${[...files]} files open, ${rounds.length < ROUNDS_THAT_TELL ? 'too few rounds to judge memory by' : `heap ${growth.heap.toFixed(1)} and RSS ${growth.rss.toFixed(1)} MiB more in its last third`}`);
}

const median = (rounds, what) => rounds.map((round) => round[what]).sort((a, b) => a - b)[Math.floor(rounds.length / 2)];

function turn(args, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(compileProduct(), 'test/support/child/endurance.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [words, line] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (line + text).split('\n');
      line = lines.pop();
      for (const each of lines) onLine(JSON.parse(each));
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      words = (words + text).slice(-5_000);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, words }));
  });
}
