import { configSchema, formatProblem, showConfig } from '../../config/index.js';
import { facts } from '../render/table.js';
import { count, plain } from '../render/text.js';
import type { Run } from '../verb.js';

/** Problems are data here: they go to stdout. */
export const check: Run = async (session) => {
  const { out, flags, io } = session;
  const result = await session.load();
  if (result.ok) {
    await out.talk(`${count(result.config.sources.length, 'source')}, no problems.`);
    return 0;
  }
  for (const problem of result.problems) {
    if (out.json) await out.document(problem);
    else await out.line(formatProblem(problem, { source: io.stdout.isTTY || flags.verbose }));
  }
  await out.talk(`${count(result.problems.length, 'problem')}.`);
  return 2;
};

export const schema: Run = async ({ out }) => {
  await out.data(`${JSON.stringify(configSchema(), null, 2)}\n`);
};

export const show: Run = async (session) => {
  const { out } = session;
  const rows = showConfig(await session.config());
  if (out.json) {
    await out.document({ formatVersion: 1, values: rows });
    return;
  }
  const shown = (value: unknown): string => plain(Array.isArray(value) ? `[${value.map((each) => String(each)).join(', ')}]` : String(value), 400);
  const width = Math.min(60, Math.max(0, ...rows.map(({ value }) => shown(value).length)));
  await out.line(facts(rows.map(({ path, value, origin }) => [path, `${shown(value).padEnd(width)}  ${out.style.dim(`# ${origin}`)}`]), out.style));
};
