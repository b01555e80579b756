import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT, SpanStatusCode, trace, type Context, type ContextManager, type Span, type SpanOptions, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { RefetchService } from '../../src/sync/refetch.service.js';
import { Tools } from '../support/tools.js';

interface Recorded { readonly name: string; readonly parent: Recorded | undefined; readonly attributes: Record<string, unknown>; status?: { code: number; message?: string }; ended: boolean }

/** What an SDK would be, as little of it as shows a trace. */
class Recorder implements TracerProvider, ContextManager {
  readonly spans: Recorded[] = [];
  private readonly storage = new AsyncLocalStorage<Context>();
  private readonly of = new WeakMap<Span, Recorded>();

  getTracer(): Tracer {
    const startSpan = (name: string, options: SpanOptions = {}, under = this.active()): Span => {
      const parent = trace.getSpan(under);
      const recorded: Recorded = { name, parent: parent && this.of.get(parent), attributes: { ...options.attributes }, ended: false };
      this.spans.push(recorded);
      const span = {
        setAttributes: (more: object) => { Object.assign(recorded.attributes, more); return span; }, setStatus: (status: { code: number; message?: string }) => { recorded.status = status; return span; }, end: () => { recorded.ended = true; },
      } as unknown as Span;
      this.of.set(span, recorded);
      return span;
    };
    return { startSpan, startActiveSpan: (name: string, options: SpanOptions, work: (span: Span) => unknown) => { const span = startSpan(name, options); return this.with(trace.setSpan(this.active(), span), () => work(span)); } } as Tracer;
  }

  active(): Context { return this.storage.getStore() ?? ROOT_CONTEXT; }
  with(under: Context, work: (...args: any[]) => any, self?: any, ...args: any[]): any { return this.storage.run(under, () => work.call(self, ...args)); }
  bind<T>(_under: Context, target: T): T { return target; }
  enable(): this { return this; }
  disable(): this { return this; }

  /** `a > b > c` of each span. */
  get paths(): string[] {
    const path = ({ name, parent }: Recorded): string => (parent ? `${path(parent)} > ` : '') + name.replace('lockstep.', '');
    return this.spans.map(path);
  }
}

describe('a trace', () => {
  let recorder: Recorder;
  let bench: Tools;
  beforeEach(async () => {
    recorder = new Recorder();
    bench = await Tools.open({ alpha: '', beta: '{ enabled: true, fields: [stage, location], onDrift: ours }' }, { yaml: 'authority: { default: [alpha, beta] }' });
    for (const name of ['alpha', 'beta']) bench.tool(name).put({ id: '1', status: 'A', serial_number: 'SERIAL-0001', location: 'Berlin' });
    await bench.sync();
    trace.setGlobalTracerProvider(recorder);
    context.setGlobalContextManager(recorder);
  });
  afterEach(async () => {
    trace.disable();
    context.disable();
    await bench.close();
  });

  it('leads from the page that was read to the delivery that was verified', async () => {
    bench.tool('alpha').edit('1', { location: 'Secret Room' });

    await bench.sync();

    expect(recorder.paths).toEqual(expect.arrayContaining(['sync', 'sync > run', 'sync > run > page', 'sync > deliver']));
    expect(recorder.spans.filter(({ name }) => name === 'lockstep.deliver').map(({ attributes }) => attributes)).toEqual([expect.objectContaining({ 'lockstep.target': 'beta', 'lockstep.assets': 1, 'lockstep.verified': 1, 'lockstep.failed': 0, 'lockstep.push': expect.stringMatching(/^push-/) as string })]);
    expect(recorder.spans.find(({ name, attributes }) => name === 'lockstep.page' && attributes['lockstep.source'] === 'alpha')?.attributes).toEqual({ 'lockstep.source': 'alpha', 'lockstep.stream': 'records', 'lockstep.run': expect.stringMatching(/^run-/) as string, 'lockstep.records': 1 });
    expect(recorder.spans.find(({ name }) => name === 'lockstep.run')?.attributes).toMatchObject({ 'lockstep.outcome': 'succeeded' });
  });

  it('begins above a delivery of a webhook too: whoever takes it opens the span, and the rest stands below', async () => {
    bench.tool('alpha').edit('1', { location: 'Secret Room' });
    const source = bench.engine.config.sources.find(({ name }) => name === 'alpha');

    await recorder.getTracer().startActiveSpan('delivery', {}, async (span) => {
      await new RefetchService(bench.engine).refetch(source!, [{ stream: 'records', externalId: '1' }]);
      await bench.push();
      span.end();
    });

    expect(recorder.paths).toEqual(['delivery', 'delivery > refetch', 'delivery > deliver']);
    expect(bench.tool('beta').present('1')?.['location']).toBe('Secret Room');
  });

  it('holds no value, ends every span, and tells of a failure by its class alone', async () => {
    bench.tool('alpha').edit('1', { location: 'Secret Room' });
    await bench.sync();
    const source = bench.engine.config.sources.find(({ name }) => name === 'alpha');
    bench.tool('alpha').switches.down = true;
    bench.engine = { ...bench.engine, catalogue: { ...bench.engine.catalogue, load: async () => { throw new TypeError('broken at Secret Room'); } } };
    await expect(new RefetchService(bench.engine).refetch(source!, [{ stream: 'records', externalId: '1' }])).rejects.toThrow(TypeError);

    expect(recorder.spans.filter(({ ended }) => !ended)).toEqual([]);
    expect(JSON.stringify(recorder.spans)).not.toMatch(/Secret Room|SERIAL-0001|Berlin/);
    expect(recorder.spans.at(-1)).toMatchObject({ name: 'lockstep.refetch', status: { code: SpanStatusCode.ERROR, message: 'TypeError' } });
  });
});
