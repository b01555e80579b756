import { parseArgs } from 'node:util';
import type { DatabaseKind } from './targets.js';

export const PARTS = ['sync', 'push', 'alignment'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly databases: readonly DatabaseKind[];
  /** Records of both sources together, smallest first. */
  readonly records: readonly number[];
  /** By size: the largest runs may be fewer. */
  readonly runsOf: (records: number) => number;
  readonly pageSize: number;
  readonly limits: boolean;
  readonly parts: readonly Part[];
  /** Calls a second that a target takes. */
  readonly budgets: readonly number[];
  /** So long a target's budget lasts for what is owed. */
  readonly seconds: number;
  /** Folder for CPU profiles of the product's cases. */
  readonly profile?: string;
  readonly help: boolean;
}

export const USAGE = `npm run bench [-- options]

  --only PART[,PART]        of sync, push, alignment (default: all)
  --database sqlite|mysql   only this one (default: both; mysql starts a MariaDB of its own)
  --records N[,N]           sizes, of both sources together; of an alignment its assets (default: 10000,100000)
  --runs N                  repetitions of each case (default: 3; 1 for the largest of several sizes, unless given); push and alignment run once
  --page N                  records a page (default: 1000)
  --no-limits               leave the bare driver out: no ratios, no verdicts
  --profile FOLDER          leave a CPU profile of each of the product's cases
  --budget N[,N]            calls a second that a target takes (default: 2,10,50,200)
  --seconds N               how long a target's budget lasts for what is pushed (default: 30)
  --quick                   --records 2000 --runs 1 --budget 50 --seconds 20
`;

export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): BenchOptions {
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options: {
      database: { type: 'string' }, records: { type: 'string' }, runs: { type: 'string' }, page: { type: 'string', default: '1000' }, 'no-limits': { type: 'boolean', default: false },
      profile: { type: 'string' }, only: { type: 'string' }, budget: { type: 'string' }, seconds: { type: 'string' }, quick: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    } }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const records = (values.records ?? (values.quick ? '2000' : '10000,100000')).split(',').map((text) => whole('--records', text, 400)).sort((a, b) => a - b);
  const runs = values.runs ?? (values.quick ? '1' : undefined);
  const given = runs === undefined ? undefined : whole('--runs', runs, 1);
  const largest = records.at(-1);
  return {
    databases: values.database === undefined ? ['sqlite', 'mysql'] : [database(values.database)], records, pageSize: whole('--page', values.page, 1), limits: !values['no-limits'], help: values.help,
    parts: values.only === undefined ? PARTS : values.only.split(',').map(part), budgets: (values.budget ?? (values.quick ? '50' : '2,10,50,200')).split(',').map((text) => whole('--budget', text, 1)), seconds: whole('--seconds', values.seconds ?? (values.quick ? '20' : '30'), 10),
    runsOf: (size) => given ?? (records.length > 1 && size === largest ? 1 : 3), ...(values.profile !== undefined && { profile: values.profile }),
  };
}

function database(name: string): DatabaseKind {
  if (name !== 'sqlite' && name !== 'mysql') throw new UsageError(`--database is sqlite or mysql, not "${name}"`);
  return name;
}

function part(name: string): Part {
  const found = PARTS.find((each) => each === name);
  if (!found) throw new UsageError(`--only takes ${PARTS.join(', ')}, not "${name}"`);
  return found;
}

function whole(flag: string, text: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least) throw new UsageError(`${flag} takes whole numbers from ${least}, not "${text}"`);
  return number;
}
