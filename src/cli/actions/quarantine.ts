import { QuarantineService } from '../../quarantine/quarantine.service.js';
import { OperationQueries } from '../../queries/operation-queries.service.js';
import { missing, usage } from '../failures.js';
import { renderQuarantine, renderQuarantined } from '../render/operations.js';
import { count, plain } from '../render/text.js';
import type { Run } from '../verb.js';
import { numberOf } from './reviews.js';

export const list: Run = async (session, _args, options) => session.read(async (app) => {
  const { out, io } = session;
  const entries = await app.get(OperationQueries).quarantine(options['source'] === undefined ? {} : { source: options['source'] as string }, options['limit'] as number);
  if (out.json) for (const entry of entries) await out.document(entry);
  else if (entries.length > 0) await out.line(renderQuarantine(entries, io.clock.now(), out.style));
  else await out.talk('nothing is in quarantine.');
});

export const show: Run = async (session, [id]) => session.read(async (app) => {
  const { out } = session;
  const entry = await app.get(OperationQueries).quarantined(numberOf(id as string, 'a quarantine entry'));
  if (!entry) throw missing(`there is no quarantine entry ${plain(id)}`, 'see `lockstep quarantine list`');
  if (out.json) await out.document(entry);
  else await out.line(renderQuarantined(entry, out.style));
});

/** What is still refused afterwards makes the command fail: it was asked to take it. */
export const replay: Run = async (session, [ids], options) => {
  const { out } = session;
  const numbers = (ids as string[]).map((id) => numberOf(id, 'a quarantine entry'));
  const ways = [numbers.length > 0, options['source'] !== undefined, options['all'] === true].filter(Boolean).length;
  if (ways !== 1) throw usage(ways === 0 ? 'nothing was chosen' : 'entries, --source and --all exclude one another', 'name entries by their numbers, or give --source NAME, or --all');
  return session.write(async (app) => {
    const result = await app.get(QuarantineService).replay({ ...(numbers.length > 0 && { ids: numbers }), ...(options['source'] !== undefined && { source: options['source'] as string }), ...(options['all'] === true && { all: true }) });
    if (out.json) await out.document(result);
    else {
      await out.line(`${count(result.replayed, 'record')} taken, ${result.left} still in quarantine`);
      for (const { id, reason } of result.problems.slice(0, 20)) await out.talk(`  ${id}: ${plain(reason, 300)}`);
    }
    return result.left > 0 ? 1 : 0;
  });
};

export const discard: Run = async (session, [ids], options) => {
  const { out } = session;
  const numbers = (ids as string[]).map((id) => numberOf(id, 'a quarantine entry'));
  await session.confirm(`throw ${count(numbers.length, 'stored record')} away`, options['yes'] === true);
  return session.write(async (app) => {
    const result = await app.get(QuarantineService).discard({ ids: numbers, reason: options['reason'] as string });
    if (out.json) await out.document(result);
    else await out.line(`${count(result.discarded, 'record')} thrown away`);
  });
};
