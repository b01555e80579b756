import { exportJWK, exportSPKI, generateKeyPair, UnsecuredJWT, type JWTPayload } from 'jose';
import { liveEngine } from '../../src/service/live-engine.js';
import { ApiBench } from '../support/api.js';
import { startProvider, type Provider } from '../support/identity-provider.js';
import { Tools } from '../support/tools.js';

describe('tokens of an identity provider', () => {
  let provider: Provider;
  let tools: Tools;
  let api: ApiBench;
  beforeAll(async () => {
    provider = await startProvider();
    tools = await Tools.open({ alpha: '' }, { yaml: `security: { oidc: { issuer: "${provider.issuer}", audience: lockstep, rolesClaim: realm.roles, roles: { viewer: [staff], approver: [ops, change-board], admin: [root] } } }` });
    api = await ApiBench.open(tools.engine);
  });
  afterAll(async () => {
    await api.close();
    await tools.close();
    await provider.close();
  });

  const seconds = (): number => Math.floor(tools.clock.now() / 1_000);
  const claims = (more: JWTPayload = {}): JWTPayload => ({ iss: provider.issuer, aud: 'lockstep', sub: 'u-1', exp: seconds() + 300, iat: seconds(), preferred_username: 'ann@example.com', realm: { roles: ['staff'] }, ...more });
  const statusOf = async (token: string, url = '/api/v1/runs'): Promise<number> => (await api.get(url, { as: token })).status;

  it.each`
    groups                       | runs   | undo   | tokens
    ${['staff']}                 | ${200} | ${403} | ${403}
    ${['staff', 'change-board']} | ${200} | ${409} | ${403}
    ${['root', 'staff']}         | ${200} | ${409} | ${200}
    ${'ops'}                     | ${200} | ${409} | ${403}
    ${['strangers']}             | ${403} | ${403} | ${403}
    ${[]}                        | ${403} | ${403} | ${403}
    ${{ staff: true }}           | ${403} | ${403} | ${403}
    ${undefined}                 | ${403} | ${403} | ${403}
  `('give the rights of the groups $groups', async ({ groups, runs, undo, tokens }) => {
    const token = await provider.sign(claims({ realm: { roles: groups as unknown } }));

    expect([await statusOf(token), (await api.post('/api/v1/undo', { push: 'none', reason: 'x' }, { as: token })).status, await statusOf(token, '/api/v1/tokens')]).toEqual([runs, undo, tokens]);
  });

  it('lose at once a role that a reload takes away', async () => {
    let { config } = tools.engine;
    const reloaded = await ApiBench.open(liveEngine(() => ({ ...tools.engine, config })));
    const asked = async (): Promise<number> => (await reloaded.get('/api/v1/tokens', { as: await provider.sign(claims({ realm: { roles: ['root'] } })) })).status;
    try {
      const before = await asked();
      config = { ...config, security: { ...config.security, oidc: { ...config.security.oidc!, roles: { viewer: ['staff'] } } } };
      expect([before, await asked()]).toEqual([200, 403]);
    } finally {
      await reloaded.close();
    }
  });

  it('are named in the audit by person and subject', async () => {
    await api.post('/api/v1/sources/alpha/pause', { reason: 'x' }, { as: await provider.sign(claims({ realm: { roles: ['root'] }, preferred_username: 'ann\n via token of somebody' })) });

    expect((await tools.rows('SELECT actor FROM audit ORDER BY seq DESC LIMIT 1'))[0]).toEqual({ actor: 'ann  via token of somebody via oidc u-1 from 127.0.0.1' });
  });

  it('are verified with keys that are fetched once, and again for a new key', async () => {
    const before = provider.asked.length;
    for (let i = 0; i < 5; i++) await statusOf(await provider.sign(claims()));
    expect(provider.asked.slice(before).filter((url) => url !== '/keys')).toEqual([]);
    expect(provider.asked.length - before).toBeLessThan(2);
  });

  const attacks: readonly (readonly [what: string, forge: () => Promise<string> | string])[] = [
    ['alg none', () => new UnsecuredJWT(claims()).encode()],
    ['alg none with a signature', async () => `${new UnsecuredJWT(claims()).encode()}${(await provider.sign(claims())).split('.')[2]}`],
    ['alg None', async () => reheaded(await provider.sign(claims()), { alg: 'None' })],
    ['alg nOnE without signature', async () => `${reheaded(await provider.sign(claims()), { alg: 'nOnE' }).split('.').slice(0, 2).join('.')}.`],
    ['the public key as an HMAC secret (PEM)', async () => provider.sign(claims(), { alg: 'HS256' }, new TextEncoder().encode(await exportSPKI(provider.publicKey)))],
    ['the public key as an HMAC secret (JWK)', async () => provider.sign(claims(), { alg: 'HS256' }, new TextEncoder().encode(JSON.stringify(await exportJWK(provider.publicKey))))],
    ['HMAC with an empty-looking secret', () => provider.sign(claims(), { alg: 'HS256' }, new Uint8Array(32))],
    ['HMAC 512 with the audience as secret', () => provider.sign(claims(), { alg: 'HS512' }, new TextEncoder().encode('lockstep'.repeat(8)))],
    ['another key under the right kid', async () => provider.sign(claims(), {}, (await generateKeyPair('RS256')).privateKey)],
    ['an unknown kid', () => provider.sign(claims(), { kid: 'key-99' })],
    ['a kid that is a path', () => provider.sign(claims(), { kid: '../../../../dev/null' })],
    ['a kid that is SQL', () => provider.sign(claims(), { kid: "' UNION SELECT 'x" })],
    ['its own key in the header (jwk)', async () => { const own = await generateKeyPair('RS256', { extractable: true }); return provider.sign(claims(), { jwk: await exportJWK(own.publicKey) }, own.privateKey); }],
    ['its own key by address (jku)', async () => provider.sign(claims(), { jku: 'http://127.0.0.1:1/keys' }, (await generateKeyPair('RS256')).privateKey)],
    ['its own certificate (x5u)', async () => provider.sign(claims(), { x5u: 'http://127.0.0.1:1/cert' }, (await generateKeyPair('RS256')).privateKey)],
    ['another algorithm than the key’s', async () => provider.sign(claims(), { alg: 'ES256' }, (await generateKeyPair('ES256')).privateKey)],
    ['an unknown critical extension', async () => reheaded(await provider.sign(claims()), { crit: ['exp'], alg: 'RS256' })],
    ['expired', () => provider.sign(claims({ exp: seconds() - 61 }))],
    ['expired long ago', () => provider.sign(claims({ exp: 1 }))],
    ['no expiry', () => provider.sign(without('exp'))],
    ['an expiry that is text', () => provider.sign(claims({ exp: '9999999999' as never }))],
    ['not valid yet', () => provider.sign(claims({ nbf: seconds() + 61 }))],
    ['another audience', () => provider.sign(claims({ aud: 'other' }))],
    ['no audience', () => provider.sign(without('aud'))],
    ['an audience that only begins alike', () => provider.sign(claims({ aud: 'lockstep-test' }))],
    ['another issuer', () => provider.sign(claims({ iss: 'https://evil.example' }))],
    ['an issuer with a slash more', () => provider.sign(claims({ iss: `${provider.issuer}/` }))],
    ['no subject', () => provider.sign(without('sub'))],
    ['an empty subject', () => provider.sign(claims({ sub: '' }))],
    ['claims that were changed', async () => { const [head, , tail] = (await provider.sign(claims())).split('.'); return `${head}.${base64({ ...claims(), realm: { roles: ['root'] } })}.${tail}`; }],
    ['a signature that was cut', async () => (await provider.sign(claims())).slice(0, -8)],
    ['no signature', async () => `${(await provider.sign(claims())).split('.').slice(0, 2).join('.')}.`],
    ['a huge one', () => provider.sign(claims({ padding: 'x'.repeat(9_000) }))],
    ['no JSON', () => 'bm90.anNvbg.c2ln'],
    ['claims that are no object', async () => { const [head, , tail] = (await provider.sign(claims())).split('.'); return `${head}.${base64([1])}.${tail}`; }],
    ['polluted claims', async () => `${(await provider.sign(claims())).split('.')[0]}.${Buffer.from('{"__proto__":{"realm":{"roles":["root"]}}}').toString('base64url')}.c2ln`],
  ];
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const reheaded = (token: string, header: object): string => [base64(header), ...token.split('.').slice(1)].join('.');
  const without = (name: string): JWTPayload => Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));

  it.each(attacks)('are refused: %s', async (_what, forge) => expect(await statusOf(await forge())).toBe(401));

  it.each([['just expired', () => claims({ exp: seconds() - 59 })], ['just not valid yet', () => claims({ nbf: seconds() + 59 })], ['of several audiences', () => claims({ aud: ['other', 'lockstep'] })]])('are taken within what clocks differ: %s', async (_what, make) => {
    expect(await statusOf(await provider.sign(make()))).toBe(200);
  });

  it('are neither taken nor refused while the provider cannot be asked', async () => {
    const other = await ApiBench.open(tools.engine);
    provider.isDown = true;
    const answer = await other.get('/api/v1/runs', { as: await provider.sign(claims()) });
    provider.isDown = false;

    expect(answer).toMatchObject({ status: 503, body: { detail: 'the identity provider cannot be asked now' } });
    expect((await other.get('/api/v1/runs', { as: await provider.sign(claims()) })).status).toBe(200);
    await other.close();
  });
});
