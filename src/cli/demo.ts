import type { Connector } from '../../connectors/sdk/contract/index.js';
import { DemoClock } from '../demo/clock.js';
import { PushTour, type PushStory } from '../demo/push-tour.js';
import { Tour } from '../demo/tour.js';
import { openWorld, type DemoWorld } from '../demo/world.js';
import type { App } from '../app.module.js';
import { DemoTeller } from './demo-teller.js';
import type { DemoDocument } from './demo-document.js';
import { missing, usage } from './failures.js';
import { isFailure } from './render/runs.js';
import { Session } from './session.js';
import type { Run } from './verb.js';

/** Acts between which time passes: the second sync, the edit, the third sync; three of writing back. */
const STEPS = 6;
/** The stand-ins leave their newest seconds to the next read; six such steps stay below the five minutes that signed requests may be late. */
const STEP_MS = 40_000;

export const demo: Run = async (session, _args, options) => {
  const { io, flags } = session;
  if (flags.config.length > 0) throw usage('demo writes a configuration of its own, so it takes no --config');
  const once = options['once'] === true;
  const stop = new AbortController();
  const forget = io.onInterrupt(() => stop.abort());
  const clock = new DemoClock(io.clock, STEPS, STEP_MS);
  const startedAt = io.clock.now();
  let world: DemoWorld | undefined;
  try {
    await session.out.show('starting the stand-ins …');
    world = await openWorld({ catalogue: await session.catalogue(), clock });
    await session.out.clearStatus();
    const inner = new Session({ ...io, clock }, { ...flags, config: [world.configPath] }, session.program);
    const teller = new DemoTeller(inner.out, io.clock);
    const read = await inner.write((app) => show(app, world as DemoWorld, teller));
    await world.switchOn();
    const push = await inner.write((app) => tell(app, world as DemoWorld, teller));
    const document: DemoDocument = { ...read, ...(push && { push }), tookMs: io.clock.now() - startedAt };
    if (inner.out.json) await inner.out.document(document);
    await teller.verdict(document);
    if (once) await teller.end();
    else {
      await teller.next(world, document);
      await stopped(stop.signal);
      await world.close();
      await teller.ended();
    }
    return document.ok ? 0 : 1;
  } finally {
    await world?.close();
    forget();
  }

  /** Writing, switched on for what has only been read so far. */
  async function tell(app: App, open: DemoWorld, teller: DemoTeller): Promise<PushStory | undefined> {
    if (stop.signal.aborted) throw missing('stopped by Ctrl-C; nothing stays behind');
    await teller.doing('telling the systems what became of their machines');
    const connectors = new Map<string, Connector>();
    for (const { name, sandbox } of open.sources) {
      const connector = sandbox && await app.engine.catalogue.load(sandbox.name, open.folder);
      if (connector) connectors.set(name, connector);
    }
    const story = await new PushTour(app, open, connectors, clock).play(() => clock.step());
    if (story) await teller.pushed(story);
    return story;
  }

  async function show(app: App, open: DemoWorld, teller: DemoTeller): Promise<DemoDocument> {
    const tour = new Tour(app, open);
    const goOn = (): void => { if (stop.signal.aborted) throw missing('stopped by Ctrl-C; nothing stays behind'); };
    goOn();
    await teller.systems(open);
    await teller.doing('asking every source');
    const checks = await tour.check();
    await teller.checks(checks);
    goOn();

    const first = await tour.sync(teller.progress());
    goOn();
    const comparison = await tour.compare();
    await teller.first(first, comparison);
    const explained = await tour.explainOne();
    if (explained) await teller.explained(explained, open);
    const oddities = await tour.oddities();
    const reviews = await tour.reviews();
    await teller.oddities(oddities);
    await teller.reviews(reviews);

    clock.step();
    await teller.doing('reading everything a second time');
    const before = await tour.written();
    const second = await tour.sync();
    goOn();
    const after = await tour.written();
    const written = { assets: after.assets - before.assets, changes: after.changes - before.changes, versions: after.versions - before.versions };
    await teller.second(second, written);

    clock.step();
    await teller.doing('editing a record, and reading once more');
    const edit = await tour.edit();
    clock.step();
    const third = edit && await tour.sync();
    goOn();
    const outcome = edit && third && await tour.outcomeOf(edit, third.runs.map(({ id }) => id));
    if (edit && third && outcome) await teller.edited(edit, third, outcome);
    const vulnerabilities = await tour.vulnerabilities();
    await teller.vulnerabilities(vulnerabilities);

    const runs = [first, second, ...(third ? [third] : [])].flatMap((report) => report.runs);
    return {
      formatVersion: 1, ok: checks.every((check) => check.ok) && !runs.some(isFailure) && comparison.misplaced.length === 0 && Object.values(written).every((rows) => rows === 0),
      machines: open.fleet.size, sources: open.sources.map(({ name, title, role, reads }) => ({ name, title, role, reads })), configuration: open.yaml, checks, firstSync: first, comparison,
      ...(explained && { explained }), oddities, reviews, secondSync: second, written, ...(edit && third && outcome && { edit: { ...edit, sync: third, ...outcome } }), vulnerabilities, tookMs: io.clock.now() - startedAt,
    };
  }
};

const stopped = (signal: AbortSignal): Promise<void> => (signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })));
