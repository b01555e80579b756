import { parseDuration } from '../../core/expressions/durations.js';
import { TokenService, type TokenDocument } from '../../api/auth/token.service.js';
import { AuditQueries } from '../../queries/audit-queries.service.js';
import { usage } from '../failures.js';
import { table } from '../render/table.js';
import { numberText, plain, timeText } from '../render/text.js';
import type { Run } from '../verb.js';

/** The token alone on stdout, so that it can be piped to where it is needed. */
export const create: Run = async (session, [name], options) => {
  const text = options['expiresIn'] as string | undefined;
  const lifetimeMs = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && lifetimeMs === undefined) throw usage(`--expires-in takes a duration such as 12h or 30d, not "${plain(text)}"`);
  return session.write(async (app) => {
    const { out } = session;
    const made = await app.get(TokenService).create({ name: name as string, role: options['role'] as string, ...(lifetimeMs !== undefined && { lifetimeMs }) });
    if (out.json) return out.document(made);
    await out.line(made.token);
    await out.talk(`${made.id}: ${plain(made.name)}, ${made.role}, valid to ${timeText(made.expiresAt)}. It is shown this once: keep it where secrets are kept.`);
  });
};

export const list: Run = async (session) => session.read(async (app) => {
  const { out } = session;
  const shown: TokenDocument[] = [];
  for (let after: readonly [number, string] | undefined; ;) {
    const part = await app.get(TokenService).list(after, 500);
    for (const token of part) if (out.json) await out.document(token);
    if (!out.json) shown.push(...part);
    const last = part.at(-1);
    if (part.length < 500 || !last) break;
    after = [Date.parse(last.createdAt), last.id];
  }
  if (shown.length > 0) {
    await out.line(table([{ head: 'TOKEN' }, { head: 'NAME' }, { head: 'ROLE' }, { head: 'STATE' }, { head: 'MADE BY' }, { head: 'EXPIRES' }, { head: 'LAST USED' }],
      shown.map(({ id, name, role, state, createdBy, expiresAt, lastUsedAt }) => [id, plain(name), plain(role), state, plain(createdBy, 40), timeText(expiresAt), timeText(lastUsedAt)]), out.style));
  } else if (!out.json) await out.talk('there are no tokens: `lockstep token create` makes one.');
});

export const revoke: Run = async (session, [id]) => session.write(async (app) => {
  const { out } = session;
  const token = await app.get(TokenService).revoke(id as string);
  if (out.json) await out.document(token);
  else await out.line(`${token.id} (${plain(token.name)}) is refused from now on`);
});

export const verifyAudit: Run = async (session) => session.read(async (app) => {
  const { out } = session;
  const verdict = await app.get(AuditQueries).verify();
  if (out.json) await out.document(verdict);
  else if (verdict.ok) await out.line(`the audit is whole: ${numberText(verdict.checked)} ${verdict.checked === 1 ? 'entry' : 'entries'}${verdict.hash === '' ? '' : `, the last one ${verdict.hash}`}`);
  else await out.line(`the audit is broken at entry ${verdict.broken?.seq}: ${plain(verdict.broken?.because ?? '')}`);
  return verdict.ok ? 0 : 1;
});
