import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFleet } from '../../connectors/sdk/sandbox/index.js';
import { formatProblem, loadConfig } from '../../src/config/index.js';
import { openEngine, type Engine } from '../../src/engine/engine.js';
import { RebuildService } from '../../src/plan/rebuild.service.js';
import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { checkSources } from '../../src/sources/source.service.js';
import { SyncService } from '../../src/sync/sync.service.js';
import { canonicalModel } from '../support/canonical-model.js';
import { LabClock, silentLog } from '../support/lab.js';
import { startStandins, type Standins } from '../support/standins.js';

/** Three kinds of system with one fleet become one asset model: the main job, against strict stand-ins. */
describe('three systems', () => {
  let folder: string;
  let standins: Standins<'servicenow' | 'aws' | 'nvd'>;
  let engine: Engine;

  beforeAll(async () => {
    const clock = new LabClock(Date.now());
    folder = await mkdtemp(join(tmpdir(), 'lockstep-e2e-'));
    standins = await startStandins({ fleet: createFleet({ size: 60 }), clock, head: ['database: { url: "sqlite:./lockstep.db" }'] });
    const loaded = await loadConfig({ files: [await standins.writeConfig(folder)], env: standins.env(), catalogue: connectorCatalogue(), cwd: folder });
    if (!loaded.ok) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'));
    engine = await openEngine({ config: loaded.config, catalogue: connectorCatalogue(), clock, log: silentLog, signal: new AbortController().signal });
  }, 60_000);

  afterAll(async () => {
    await engine?.close();
    await standins?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are checked without a failure', async () => {
    const failed = [];
    for await (const { source, finding } of checkSources(engine)) if (finding.outcome === 'failed') failed.push({ source, ...finding });

    expect(failed).toEqual([]);
  }, 60_000);

  it('become the fleet’s truth', async () => {
    const report = await new SyncService(engine).sync();

    expect(report.runs.map(({ source, status, error, uncoveredScopes }) => ({ source, status, error, uncoveredScopes }))).toEqual(['servicenow', 'aws', 'nvd'].map((source) => ({ source, status: 'succeeded', error: undefined, uncoveredScopes: [] })));
    const model = await canonicalModel(engine.database);
    const truth = new Map<string, string[]>();
    for (const [source, sandbox] of Object.entries(standins.sandboxes)) {
      for (const stream of engine.config.sources.find((each) => each.name === source)?.streams ?? []) {
        for (const [id, facts] of sandbox.truth(stream)) {
          if (facts.kind === 'asset' && !facts.skipped && facts.asset !== undefined) truth.set(facts.asset, [...(truth.get(facts.asset) ?? []), `${source}/${stream}/${id}`]);
        }
      }
    }
    expect(model.assets.map((asset) => asset.records)).toEqual([...truth.values()].map((records) => records.sort()).sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)));
  }, 120_000);

  it('write nothing the second time, and come out the same when computed again', async () => {
    const report = await new SyncService(engine).sync({ full: true });

    for (const run of report.runs) expect({ source: run.source, assets: run.assets, changed: Object.values(run.streams).map((stream) => stream.changed) }).toEqual({ source: run.source, assets: { created: 0, updated: 0, merged: 0, retired: 0 }, changed: Object.values(run.streams).map(() => 0) });
    expect((await new RebuildService(engine).verify()).differences).toEqual([]);
  }, 120_000);
});
