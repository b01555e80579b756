import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The process runs: its id and its start agree. `started` empty: the id alone decides. */
export function isRunning(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startOf(pid);
  return now === undefined || started === '' || now === started;
}

/** Start time of a process in clock ticks, where the system tells it: process ids are used again. A zombie has no start: it runs no more. */
export function startOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no /proc here: the id alone decides
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
}

/** Where process ids mean what they mean here: this machine, since it was started, and this container. */
const here = createHash('sha256').update([hostname(), textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')), textOf(() => readlinkSync('/proc/self/ns/pid'))].join('\n')).digest('hex').slice(0, 12);

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return ''; // not told here: the host name has to do
  }
}

/** Who holds a lease, for people and for `isDeadHolder`. */
export const holderOf = (actor: string, id: string): string => `${actor.slice(0, 40)}:${process.pid}:${id.slice(0, 40)}:${here}:${startOf(process.pid) ?? ''}`;

/** Its process ran here and runs no more. Anybody else is believed until the lease is over. */
export function isDeadHolder(holder: string): boolean {
  const [started, place, , pid] = holder.split(':').reverse();
  return place === here && pid !== undefined && /^\d+$/.test(pid) && !isRunning(Number(pid), started ?? '');
}

/** For messages: who, and which process. */
export function holderWords(holder: string): string {
  const parts = holder.split(':');
  return parts.length < 5 ? holder : `${parts.slice(0, -4).join(':')}, process ${parts.at(-4)}`;
}
