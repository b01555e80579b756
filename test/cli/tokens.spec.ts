import { join } from 'node:path';
import { terminal, type Terminal } from './harness.js';

let at: Terminal;
beforeAll(async () => {
  at = terminal();
  at.write('lockstep.yaml', 'version: 1\nsources:\n  sheet: { connector: file, options: { path: ./sheet.csv } }\n');
  at.write('sheet.csv', 'id,class,name\n1,computer,web-01\n');
  expect((await at.lockstep('sync')).code).toBe(0);
});
afterAll(() => at.dispose());

const change = async (sql: string): Promise<void> => {
  const { Database } = await import('../../src/database/database.js');
  const database = await Database.open({ url: `sqlite:${join(at.folder, 'data/lockstep.db')}` });
  await database.transaction((tx) => tx.execute(sql));
  await database.close();
};

it('makes a token that is shown once, lists it without what it is, and revokes it', async () => {
  const made = await at.lockstep('token create dashboard --role viewer --expires-in 30d');
  const { json: [other] } = await at.lockstep('token create feeder --role ingest:sheet --json');
  const token = made.out.trim();

  expect([made.code, token, made.err]).toEqual([0, expect.stringMatching(/^lst_[A-Za-z0-9_-]{43}$/), expect.stringContaining('shown this once')]);
  expect(other).toMatchObject({ formatVersion: 1, role: 'ingest:sheet', state: 'valid', createdBy: 'ann' });
  const listed = await at.lockstep('token list --json');
  expect(listed.json).toMatchObject([{ name: 'dashboard', role: 'viewer', expiresAt: '2026-12-03T10:00:01.000Z' }, { name: 'feeder' }]);
  expect(listed.out).not.toContain(token);
  expect((await at.lockstep(`token revoke ${(listed.json[0] as { id: string }).id}`)).out).toContain('is refused from now on');
  expect((await at.lockstep('token list')).out).toMatch(/dashboard +viewer +revoked/);
});

it.each([
  ['token create x --role root', 'is no role'], ['token create x --role ingest:other', 'or ingest:<source> with one of sheet'], ['token create =1 --role viewer', 'is no name for a token'], ['token create x --role viewer --expires-in never', '--expires-in takes a duration'],
  ['token create x --role viewer --expires-in 999d', 'security.tokenLifetime'], ['token revoke tok_none', 'there is no token'],
])('`lockstep %s` is refused', async (line, words) => {
  const { code, out, err } = await at.lockstep(line);

  expect([code > 0, out]).toEqual([true, '']);
  expect(err).toContain(words);
});

it('finds an entry of the audit that was changed, taken out, or taken from the end', async () => {
  const verify = async () => { const { code, json } = await at.lockstep('audit verify --json'); return [code, json[0]] as const; };
  for (let i = 0; i < 4; i++) await at.lockstep(`sources pause sheet --reason again-${i}`);
  const [, { checked }] = await verify();
  expect([(await verify())[0], checked]).toEqual([0, 7]);
  expect((await at.lockstep('audit verify')).out).toMatch(/^the audit is whole: 7 entries, the last one [0-9a-f]{64}\n$/);

  await change(`UPDATE audit SET reason = 'never' WHERE seq = 5`);
  expect(await verify()).toMatchObject([1, { ok: false, broken: { seq: 5, because: 'it was changed after it was written' } }]);
  await change(`UPDATE audit SET reason = 'again-1' WHERE seq = 5`);
  expect((await verify())[0]).toBe(0);
  await change('DELETE FROM audit WHERE seq = 7');
  expect(await verify()).toMatchObject([1, { broken: { seq: 7, because: 'the last entry was taken away' } }]);
  await change('DELETE FROM audit WHERE seq = 4');
  expect((await at.lockstep('audit verify')).out).toContain('broken at entry 4: an entry was taken out before 5');
});
