import { OperationQueries } from '../../queries/operation-queries.service.js';
import { missing } from '../failures.js';
import { table } from '../render/table.js';
import { renderRunNotes, renderRuns, type ReportedRun } from '../render/runs.js';
import { numberText, plain } from '../render/text.js';
import type { Run } from '../verb.js';

export const list: Run = async (session, _args, options) => session.read(async (app) => {
  const { out } = session;
  const runs = await app.get(OperationQueries).runs({ ...(options['source'] !== undefined && { source: options['source'] as string }), ...(options['status'] !== undefined && { status: options['status'] as string }) }, options['limit'] as number);
  if (out.json) for (const run of runs) await out.document(run);
  else if (runs.length > 0) await out.line(renderRuns(runs as unknown as ReportedRun[], out.style, { withIds: true }));
  else await out.talk('no runs yet: `lockstep sync` makes one');
});

export const show: Run = async (session, [id]) => session.read(async (app) => {
  const { out } = session;
  const run = await app.get(OperationQueries).run(id as string);
  if (!run) throw missing(`there is no run "${plain(id)}"`, 'see `lockstep runs list`');
  if (out.json) return out.document(run);
  const { changes } = run as unknown as { readonly changes: readonly { readonly attribute: string; readonly count: number; readonly assets: number }[] };
  await out.line(renderRuns([run as unknown as ReportedRun], out.style, { withStreams: true, withIds: true }));
  const scopes = scopeLines(run as unknown as WithScopes);
  if (scopes.length > 0) await out.line(`\n${table([{ head: 'STREAM' }, { head: 'SCOPE' }, { head: 'COVERED' }, { head: 'SEEN', align: 'right' }, { head: 'BEFORE', align: 'right' }], scopes, out.style)}`);
  if (changes.length > 0) await out.line(`\n${table([{ head: 'CHANGED' }, { head: 'TIMES', align: 'right' }, { head: 'ASSETS', align: 'right' }], changes.map(({ attribute, count, assets }) => [plain(attribute), numberText(count), numberText(assets)]), out.style)}`);
  const notes = renderRunNotes([run as unknown as ReportedRun], out.style);
  if (notes !== '') await out.line(`\n${notes}`);
});

interface WithScopes { readonly streams: { readonly [name: string]: { readonly scopes: readonly { readonly name: string; readonly coverage: string; readonly seen: number; readonly liveBefore: number; readonly reason?: string }[] } } }

const scopeLines = ({ streams }: WithScopes): string[][] => Object.entries(streams).flatMap(([stream, { scopes }]) => scopes.map(({ name, coverage, seen, liveBefore, reason }) => [plain(stream), plain(name === '' ? '(all)' : name, 60), plain(reason === undefined ? coverage : `${coverage}: ${reason}`, 80), numberText(seen), numberText(liveBefore)]));
