import { SourceError, type SourceErrorCode, type Stream } from '../contract/index.js';
import { startFaultProxy, type ProxyMode } from '../sandbox/fault-proxy.js';
import { FAULT_KINDS, type Fault, type FaultKind } from '../sandbox/types.js';
import { describeError, startBench, type Bench, type BenchOptions, type Pass } from './bench.js';
import { expectWholePass, givenIds, type Suite } from './reading.js';

/** How a fault must end. A list: the codes of the error, one of which is given; or `uncovered`, a scope that says so. */
export type Outcome = 'recovers' | readonly (SourceErrorCode | 'uncovered')[];

/** Once or twice: what a patient client gets over, and what it must not try again. */
const PASSING: Readonly<Partial<Record<FaultKind, Outcome>>> = {
  forbidden: ['permission', 'uncovered'],
  proxy_auth_page: ['configuration'],
  redirect_elsewhere: ['configuration'],
  gzip_bomb: ['protocol'],
  cursor_refused: ['cursor_expired'],
};
/** For ever: what it ends with once its tries are used up. */
const LASTING: Readonly<Partial<Record<FaultKind, Outcome>>> = {
  reset_before_headers: ['unavailable'], reset_in_body: ['unavailable'], truncated_body: ['unavailable', 'protocol'],
  server_error: ['unavailable', 'protocol'], maintenance_page: ['unavailable'], gateway_page: ['unavailable'], throttled_bare: ['rate_limited'], throttled_seconds: ['rate_limited'],
  unauthorised: ['authentication', 'uncovered'], login_page: ['protocol'], malformed_body: ['protocol'], empty_body: ['protocol'], error_in_200: ['protocol', 'unavailable', 'rate_limited'], dropped: ['unavailable', 'protocol'],
};
/** Judged by their own cases below. */
const DATA: readonly FaultKind[] = ['duplicate_across_pages', 'empty_page', 'total_too_high', 'total_too_low', 'returns_nothing', 'returns_tenth', 'bad_record'];
const MOST_CALLS = 8;
/** A server that hangs is waited for in real time. */
const SHORT_MS = 400;

export interface FaultExpectations {
  readonly passing?: Readonly<Partial<Record<FaultKind, Outcome>>>;
  readonly lasting?: Readonly<Partial<Record<FaultKind, Outcome>>>;
}

/** reliability.md D, as far as it applies to reading. */
export function describeFaults(suite: Suite, options: BenchOptions, expectations: FaultExpectations): void {
  const stream = suite.streams[0]!;
  const kinds = FAULT_KINDS.filter((kind) => !DATA.includes(kind));

  describe(`faults while reading ${stream.name}`, () => {
    for (const kind of kinds.filter((entry) => entry !== 'cursor_refused')) {
      suite.test(`fault:${kind}`, `${kind}, twice in the middle`, async () => {
        const bench = await suite.bench({ timeoutMs: kind.startsWith('hang') ? SHORT_MS : 5_000 });
        if (!bench.sandbox.faults.supported.includes(kind)) return await bench.close();
        const outcome = expectations.passing?.[kind] ?? PASSING[kind] ?? 'recovers';
        const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
        // one 401 is a token that ended; two in a row are wrong credentials
        const injected = inject(bench, { kind, times: kind === 'unauthorised' ? 1 : 2, after: 1 }, stream);
        const result = await attempt(bench, stream);
        expect(injected.hits()).toBeGreaterThan(0);
        judge(kind, result, outcome, whole);
        await recovers(bench, stream, whole);
        await bench.close();
      });
    }

    for (const [kind, usual] of Object.entries(LASTING) as [FaultKind, Outcome][]) {
      suite.test(`lasting:${kind}`, `${kind}, for ever: at most ${MOST_CALLS} calls, then an error that says what to do`, async () => {
        const bench = await suite.bench();
        if (!bench.sandbox.faults.supported.includes(kind)) return await bench.close();
        const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
        inject(bench, { kind }, stream);
        bench.sandbox.clearRequests();
        const result = await attempt(bench, stream);
        judge(kind, result, expectations.lasting?.[kind] ?? usual, whole);
        if (result.error !== undefined) {
          const asked = new Map<string, number>();
          for (const request of bench.sandbox.requests().filter((entry) => entry.purpose === 'data')) asked.set(request.path, (asked.get(request.path) ?? 0) + 1);
          for (const [path, times] of asked) expect({ path, bounded: times <= MOST_CALLS }).toEqual({ path, bounded: true });
        }
        await recovers(bench, stream, whole);
        await bench.close();
      });
    }

    suite.test('throttled', 'waits as long as it is asked to, to the second', async () => {
      for (const kind of ['throttled_seconds', 'throttled_date', 'throttled_vendor'] as const) {
        const bench = await suite.bench();
        if (!bench.sandbox.faults.supported.includes(kind)) { await bench.close(); continue; }
        inject(bench, { kind, times: 1, ms: 17_000 }, stream);
        bench.sandbox.clearRequests();
        await bench.pass(stream, { mode: 'full' });
        const data = bench.sandbox.requests();
        const at = data.findIndex((request) => request.fault === kind);
        const next = data.slice(at + 1).find((request) => request.purpose === 'data')!;
        expect({ kind, early: next.at - data[at]!.at < 17_000, late: next.at - data[at]!.at > 60_000 }).toEqual({ kind, early: false, late: false });
        await bench.close();
      }
    });

    suite.test('rate', 'ends complete under a limit that it exceeds', async () => {
      const bench = await suite.bench();
      const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
      bench.sandbox.setLimits({ rate: { requests: 3, perMs: 60_000 } });
      const pass = await bench.pass(stream, { mode: 'full', pageSize: 10 });
      expect(givenIds(pass)).toEqual(whole);
      await bench.close();
    });

    suite.test('interrupt', 'stops at once when told to', async () => {
      const bench = await suite.bench();
      const stopped = bench.pass(stream, { mode: 'full', pageSize: 2 }, (_page, index) => { if (index === 1) bench.abort.abort(); });
      await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
      await bench.close();
    });
  });

  describe(`data against its promise while reading ${stream.name}`, () => {
    for (const kind of ['duplicate_across_pages', 'empty_page', 'total_too_high', 'total_too_low'] as const) {
      suite.test(`fault:${kind}`, `${kind}: nothing is lost unnoticed`, async () => {
        const bench = await suite.bench();
        if (!bench.sandbox.faults.supported.includes(kind)) return await bench.close();
        const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
        inject(bench, { kind, ...(kind.startsWith('total') ? {} : { times: 1, after: 1 }) }, stream);
        const result = await attempt(bench, stream, 4);
        const lost = result.pass === undefined ? 0 : whole.filter((id) => !result.pass!.given.has(id)).length;
        const ends = result.pass?.pages.flatMap((page) => page.ends ?? []) ?? [];
        // either all is there, or the scope says that it is not
        expect(lost === 0 || result.error !== undefined || ends.some((end) => end.coverage === 'uncovered' || (end.hidden ?? 0) > 0)).toBe(true);
        await bench.close();
      });
    }

    for (const kind of ['returns_nothing', 'returns_tenth'] as const) {
      suite.test(`fault:${kind}`, `${kind}: an honest, complete, smaller pass or an error; the guard is the core's`, async () => {
        const bench = await suite.bench();
        if (!bench.sandbox.faults.supported.includes(kind)) return await bench.close();
        const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
        inject(bench, { kind }, stream);
        const result = await attempt(bench, stream);
        if (result.pass !== undefined) {
          expectWholePass(result.pass);
          expect(result.pass.given.size).toBeLessThan(whole.length);
        }
        await recovers(bench, stream, whole);
        await bench.close();
      });
    }

    suite.test('fault:bad_record', 'bad_record: it harms only itself', async () => {
      const bench = await suite.bench();
      if (!bench.sandbox.faults.supported.includes('bad_record')) return await bench.close();
      const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
      inject(bench, { kind: 'bad_record', times: 1 }, stream);
      const pass = await bench.pass(stream, { mode: 'full' });
      expect(whole.filter((id) => !pass.given.has(id)).length).toBeLessThanOrEqual(1);
      await bench.close();
    });

    suite.test('fault:cursor_refused', 'cursor_refused: asks for a full pass', async () => {
      const bench = await suite.bench();
      if (!bench.sandbox.faults.supported.includes('cursor_refused')) return await bench.close();
      const full = await bench.pass(stream, { mode: 'full' });
      bench.sandbox.faults.inject({ kind: 'cursor_refused', match: { stream: stream.name } });
      await expect(bench.pass(stream, { mode: 'incremental', cursor: full.cursor! })).rejects.toMatchObject({ code: 'cursor_expired' });
      await bench.close();
    });

    suite.test('hidden', 'hidden rows are counted, not missed', async () => {
      const bench = await suite.bench();
      if (bench.sandbox.hide === undefined) return await bench.close();
      const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
      const hidden = whole.slice(0, Math.ceil(whole.length / 2));
      bench.sandbox.hide(stream.name, hidden);
      const pass = await bench.pass(stream, { mode: 'full', pageSize: 3 });
      expect(givenIds(pass)).toEqual(whole.filter((id) => !hidden.includes(id)));
      const ends = pass.pages.flatMap((page) => page.ends ?? []);
      expect(ends.reduce((sum, end) => sum + (end.hidden ?? 0), 0)).toBe(hidden.length);
      expect(ends.some((end) => end.warning !== undefined)).toBe(true);
      await bench.close();
    });
  });

  describe(`the wire while reading ${stream.name}`, () => {
    const modes: readonly [string, ProxyMode, boolean][] = [
      ['refused', { kind: 'refused' }, false], ['silent', { kind: 'silent' }, false], ['reset on request', { kind: 'reset_on_request' }, false],
      ['reset in the answer', { kind: 'reset_after', bytes: 300 }, false], ['closed in the answer', { kind: 'close_after', bytes: 300 }, false],
      ['sliced into 7 bytes', { kind: 'sliced', bytes: 7 }, true], ['10 kB/s', { kind: 'bandwidth', bytesPerSecond: 10_000 }, true], ['latency', { kind: 'latency', ms: 2_000 }, true],
    ];
    for (const [label, mode, passes] of modes) {
      suite.test(`wire:${mode.kind}`, `${label}: ${passes ? 'slow, and complete' : 'an error of its own kind, and well again afterwards'}`, async () => {
        let proxy: Awaited<ReturnType<typeof startFaultProxy>> | undefined;
        const bench = await startBench(suite.connector, {
          ...options, timeoutMs: passes ? 10_000 : SHORT_MS,
          sandbox: async (given) => {
            const sandbox = await options.sandbox(given);
            proxy = await startFaultProxy(sandbox.url, given?.clock);
            const { url } = proxy;
            const swap = (text: string): string => text.split(sandbox.url).join(url);
            return { ...sandbox, url, sourceConfig: (overrides) => JSON.parse(swap(JSON.stringify(sandbox.sourceConfig(overrides)))) as ReturnType<typeof sandbox.sourceConfig> };
          },
        });
        const whole = [...bench.sandbox.truth(stream.name).keys()].sort();
        await proxy!.setMode(mode);
        const result = await attempt(bench, stream);
        judge(label, result, passes ? 'recovers' : ['unavailable', 'protocol', 'uncovered'], whole);
        await proxy!.setMode({ kind: 'pass' });
        await recovers(bench, stream, whole);
        await bench.close();
        await proxy!.close();
      });
    }
  });
}

function inject(bench: Bench, fault: Fault, stream: Stream<any>): { hits(): number } {
  return bench.sandbox.faults.inject({ ...fault, match: { ...fault.match, ...(bench.sandbox.streams.includes(stream.name) && { purpose: 'data' }) } });
}

interface Result { readonly pass?: Pass; readonly error?: unknown }

async function attempt(bench: Bench, stream: Stream<any>, pageSize = 6): Promise<Result> {
  try {
    return { pass: await bench.pass(stream, { mode: 'full', pageSize }) };
  } catch (error) {
    return { error };
  }
}

function judge(kind: string, result: Result, outcome: Outcome, whole: readonly string[]): void {
  if (outcome === 'recovers') {
    if (result.error !== undefined) throw new Error(`${kind} was not got over: ${JSON.stringify(describeError(result.error))}`);
    expect({ kind, ids: givenIds(result.pass!) }).toEqual({ kind, ids: whole });
    expectWholePass(result.pass!);
    return;
  }
  if (result.error === undefined) {
    const reasons = result.pass!.pages.flatMap((page) => page.ends ?? []).filter((end) => end.coverage === 'uncovered').map((end) => end.reason ?? '');
    expect({ kind, ended: 'well', allowed: outcome.includes('uncovered'), reasons: reasons.length > 0 && reasons.every((reason) => reason !== '') }).toEqual({ kind, ended: 'well', allowed: true, reasons: true });
    return;
  }
  expect(result.error).toBeInstanceOf(SourceError);
  const error = result.error as SourceError;
  expect({ kind, code: outcome.includes(error.code) ? 'allowed' : `${error.code}: ${error.message}` }).toEqual({ kind, code: 'allowed' });
  // who, for whom, what, and what next
  expect({ kind, message: error.message.length > 20, hint: (error.hint ?? '').length > 10 }).toEqual({ kind, message: true, hint: true });
}

/** Once the fault is gone a pass is whole again: nothing was kept that harms. */
async function recovers(bench: Bench, stream: Stream<any>, whole: readonly string[]): Promise<void> {
  bench.sandbox.faults.clear();
  const pass = await bench.pass(stream, { mode: 'full' });
  expect(givenIds(pass)).toEqual(whole);
}
