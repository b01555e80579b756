import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startIntake, writeIntakeConfig } from '../../test/support/intake-process.js';
import { burden, mixed, steady, type Latency } from './load.js';

const row = (what: string, measured: string, met: boolean, must: string): void => console.log(`${what.padEnd(48)} ${measured.padEnd(46)} ${met ? 'met' : 'NOT MET'} (${must})`);
const words = ({ p50, p99, answered, others }: Latency): string => `p50 ${p50} ms, p99 ${p99} ms, ${answered} taken, ${others} not`;

/** Generator and door on the same machine, SQLite at synchronous=FULL. Each line says whether the bar is met; the exit code is 0 all the same. */
export async function main(args: readonly string[], tree: string): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: 'string', default: '60' } } });
  const seconds = Number(values.seconds);
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-intake-'));
  const door = await startIntake(tree, writeIntakeConfig(folder));
  const url = `http://127.0.0.1:${door.port}/webhooks/desk`;
  try {
    await steady(url, 50, 3);
    const quiet = await steady(url, 100, seconds);
    row('otherwise idle, 100 req/s', words(quiet), quiet.p99 < 50 && quiet.others === 0, 'p99 < 50 ms, 0 errors');
    const busy = await steady(url, 500, seconds);
    row('500 req/s, 2 kB', words(busy), busy.p99 < 250 && busy.others === 0 && busy.answered >= 0.98 * 500 * seconds, '500 req/s, p99 < 250 ms, 0 errors');
    for (const rate of [100, 500]) {
      const mix = await mixed(url, rate, Math.min(seconds, 20));
      row(`mix at ${rate} req/s`, `${mix.sent - mix.wrong.length} of ${mix.sent} right verdicts${[...new Set(mix.wrong)].map((each) => `; ${each}`).join('')}`, mix.wrong.length === 0, '100 %');
    }
    const load = burden(door.port, 200, 500);
    const beside = await steady(url, 100, Math.max(35, Math.min(seconds, 40)));
    const cut = load.cutAfter();
    load.end();
    row('200 slow senders, 500 idle connections', `${words(beside)}; ${cut.length} cut, the last after ${Math.max(0, ...cut).toFixed(0)} s`, beside.p99 < 500 && beside.others === 0 && cut.length === 200 && Math.max(...cut) < 34, 'p99 < 500 ms, cut at 30 s');
  } finally {
    await door.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`load average at the end ${loadavg().map((value) => value.toFixed(1)).join(' ')}`);
  return 0;
}
