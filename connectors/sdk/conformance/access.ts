import type { SourceConfig } from '../contract/index.js';
import { startEcho, type Echo } from './echo.js';
import { describeError, startBench, type BenchOptions } from './bench.js';
import { givenIds, type Suite } from './reading.js';

/** Credentials, rights, `check`, and what may never be said. */
export function describeAccess(suite: Suite, options: BenchOptions): void {
  const stream = suite.streams[0]!;
  const names = suite.streams.map((entry) => entry.name);

  describe('access', () => {
    suite.test('auth-methods', 'works with every method of its manifest that the sandbox knows', async () => {
      const probe = await suite.bench();
      const methods = probe.sandbox.authMethods;
      await probe.close();
      expect(methods.length).toBeGreaterThan(0);
      for (const method of methods) {
        const bench = await suite.bench({ authMethod: method });
        expect(suite.connector.manifest.auth.map((entry) => entry.method)).toContain(method);
        const pass = await bench.pass(stream, { mode: 'full' });
        expect({ method, ids: givenIds(pass) }).toEqual({ method, ids: [...bench.sandbox.truth(stream.name).keys()].sort() });
        await bench.close();
      }
    });

    suite.test('wrong-credentials', 'says so, with the next step, and does not try for long', async () => {
      const probe = await suite.bench();
      const methods = probe.sandbox.authMethods.filter((method) => secretKeys(probe.sandbox.auth(method)).length > 0);
      await probe.close();
      for (const method of methods) {
        const bench = await startBench(suite.connector, {
          ...options,
          authMethod: method,
          sandbox: async (given) => {
            const sandbox = await options.sandbox(given);
            const wrong = (auth: SourceConfig['auth']): SourceConfig['auth'] => ({ ...auth, ...Object.fromEntries(secretKeys(auth).map((key) => [key, `wrong-${String(auth[key]).split('').reverse().join('')}`])) });
            return { ...sandbox, sourceConfig: (overrides) => { const config = sandbox.sourceConfig(overrides); return { ...config, auth: wrong(config.auth) }; } };
          },
        });
        let failure: unknown;
        let uncovered = false;
        try {
          const pass = await bench.pass(stream, { mode: 'full' });
          uncovered = pass.pages.some((page) => (page.ends ?? []).some((end) => end.coverage === 'uncovered' && (end.reason ?? '') !== ''));
        } catch (error) {
          failure = error;
        }
        expect({ method, code: uncovered ? 'authentication' : (failure as { code?: string } | undefined)?.code }).toEqual({ method, code: 'authentication' });
        if (!uncovered) expect(String((failure as { hint?: string }).hint).length).toBeGreaterThan(20);
        expect(bench.sandbox.requests().length).toBeLessThanOrEqual(8);
        const findings = await bench.check(names);
        expect(findings.some((finding) => finding.outcome === 'failed' && (finding.hint ?? '') !== '')).toBe(true);
        await bench.close();
      }
    });

    suite.test('check', 'checks every stream, finds nothing wrong, changes nothing', async () => {
      const bench = await suite.bench();
      const before = suite.streams.map((entry) => [...bench.sandbox.truth(entry.name)]);
      const findings = await bench.check(names);
      expect(findings.filter((finding) => finding.outcome === 'failed')).toEqual([]);
      expect(findings.length).toBeGreaterThan(0);
      expect(suite.streams.map((entry) => [...bench.sandbox.truth(entry.name)])).toEqual(before);
      await bench.close();
    });

    suite.test('check-forbidden', 'names what it may not read', async () => {
      const bench = await suite.bench();
      if (!bench.sandbox.faults.supported.includes('forbidden')) return await bench.close();
      bench.sandbox.faults.inject({ kind: 'forbidden', match: { purpose: 'any', when: (request) => request.purpose !== 'auth' } });
      const findings = await bench.check(names);
      expect(findings.some((finding) => finding.outcome === 'failed' && (finding.hint ?? '') !== '')).toBe(true);
      await bench.close();
    });

    suite.test('check-skew', 'names a clock that is wrong', async () => {
      const bench = await suite.bench();
      bench.sandbox.setClockSkew(900_000);
      const findings = await bench.check(names);
      expect(findings.some((finding) => finding.outcome !== 'ok' && /clock/i.test(`${finding.what} ${finding.message}`))).toBe(true);
      await bench.close();
    });

    suite.test('check-unreachable', 'says that nothing answers, with the next step', async () => {
      const bench = await suite.bench();
      await bench.sandbox.close();
      const findings = await bench.check(names);
      expect(findings.some((finding) => finding.outcome === 'failed' && (finding.hint ?? '') !== '')).toBe(true);
      await bench.close();
    });

    suite.test('no-cookies', 'keeps no cookies and names itself', async () => {
      const bench = await suite.bench();
      await bench.pass(stream, { mode: 'full', pageSize: 5 });
      const requests = bench.sandbox.requests();
      expect(requests.filter((request) => request.headers['cookie'] !== undefined)).toEqual([]);
      await bench.close();
    });

    suite.test('elsewhere', 'never sends its credentials to another host', async () => {
      const bench = await suite.bench();
      const other = await options.sandbox({ clock: bench.clock });
      bench.sandbox.faults.inject({ kind: 'redirect_elsewhere', location: `${other.url}/steal?x=1` });
      await bench.pass(stream, { mode: 'full' }).catch(() => undefined);
      expect(other.requests()).toEqual([]);
      await other.close();
      await bench.close();
    });

    suite.test('secrets', 'no secret stands in any log, error or finding, in any spelling, though the vendor echoes them', async () => {
      for (const status of [200, 400, 401, 403, 500]) {
        let echo: Echo | undefined;
        const bench = await startBench(suite.connector, {
          ...options,
          sandbox: async (given) => {
            const sandbox = await options.sandbox(given);
            echo = await startEcho(sandbox);
            return { ...sandbox, sourceConfig: (overrides) => JSON.parse(JSON.stringify(sandbox.sourceConfig(overrides)).split(sandbox.url).join(echo!.url)) as SourceConfig };
          },
        });
        try {
          // before there is a token, then with one
          for (const purpose of ['auth', 'data', 'none'] as const) {
            echo!.answer(purpose, status);
            await bench.pass(stream, { mode: 'full', pageSize: 5 }).catch(() => undefined);
            await bench.check(names).catch((error: unknown) => { bench.said.push(describeError(error)); });
          }
          if (status >= 400) expect(echo!.echoes).toBeGreaterThan(0);
          const said = JSON.stringify([bench.said, bench.log.entries]);
          const secrets = [...bench.sandbox.secrets(), ...secretKeys(bench.source.auth).map((key) => String(bench.source.auth[key]))];
          expect(secrets.length).toBeGreaterThan(0);
          for (const secret of secrets) {
            for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64').replace(/=+$/, '')]) {
              expect({ status, secret: said.includes(form) ? form : 'not said' }).toEqual({ status, secret: 'not said' });
            }
          }
        } finally {
          await bench.close();
          await echo!.close();
        }
      }
    });

    if (suite.connector.discover !== undefined) {
      suite.test('discover', 'tells tables and fields of the instance', async () => {
        const bench = await suite.bench();
        const found = await suite.connector.discover!(bench.client, names);
        expect(found.tables.length).toBeGreaterThan(0);
        for (const table of found.tables) expect({ table: table.table, fields: table.fields.length > 0 }).toEqual({ table: table.table, fields: true });
        await bench.close();
      });
    }
  });
}

const SECRET = /^(password|clientSecret|apiKey|apiToken|token|secret|secretAccessKey|sessionToken)$/;
const secretKeys = (auth: SourceConfig['auth']): string[] => Object.keys(auth).filter((key) => SECRET.test(key));
