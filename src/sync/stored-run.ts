import type { Connector, Stream } from '../../connectors/sdk/contract/index.js';
import type { SourceSettings } from '../config/types.js';
import type { Engine } from '../engine/engine.js';
import { holderOf, holderWords } from '../database/processes.js';
import { releaseLease, takeLease, type Lease } from '../database/repositories/leases.js';
import { NO_COUNTS } from '../database/repositories/runs.js';
import { registerStream } from '../database/repositories/streams.js';
import { StreamMapping, spellingsOf } from '../sources/mapping.js';
import { filterHashOf, mappingHashOf } from './judgement.js';
import { NO_ASSETS, type Judgement } from './slice-types.js';
import { LEASE_MS, type StreamRun } from './stream-run.js';

export class SourceBusyError extends Error {
  constructor(readonly source: string, readonly holder: string) {
    super(`source ${source} is being read right now (${holder})`);
    this.name = 'SourceBusyError';
  }
}

/**
 * Work on stored payloads of one stream, under the source's lease, without a call to the vendor. Undefined: the stream is
 * no longer configured, so nobody knows how to map what it gave.
 */
export async function withStoredRun<T>(engine: Engine, judgement: Judgement, sourceName: string, streamName: string, work: (run: StreamRun) => Promise<T>): Promise<T | undefined> {
  const source = engine.config.sources.find((each) => each.name === sourceName);
  const connector = source && (await engine.catalogue.load(source.connector, source.folder));
  const stream = connector?.streams.find((each) => each.name === streamName);
  if (!source || !connector || !stream || !source.streams.includes(streamName)) return undefined;
  const now = engine.clock.now();
  const held = await engine.database.transaction((tx) => takeLease(tx, `source:${source.name}`, holderOf(engine.actor, `stored-${now}`), LEASE_MS, now));
  if ('heldBy' in held) throw new SourceBusyError(source.name, holderWords(held.heldBy));
  try {
    return await work({ ...(await storedRun(engine, judgement, source, connector, stream, held.lease, `stored-${now.toString(36)}`)), person: engine.actor });
  } finally {
    await engine.database.transaction((tx) => releaseLease(tx, held.lease));
  }
}

/** A run in name only: what single records are judged and stored with, beside the passes over their stream. */
export async function storedRun(engine: Engine, judgement: Judgement, source: SourceSettings, connector: Connector, stream: Stream<any, any>, lease: Lease, runId: string): Promise<StreamRun> {
  const streamId = await engine.database.transaction((tx) => registerStream(tx, source.name, stream.name));
  return {
    runId, source, connector, stream, streamId, position: 0, pass: 0, passStartedAt: engine.clock.now(), mode: 'incremental', startCursor: null, filterHash: filterHashOf(source),
    mappingHash: mappingHashOf(engine.config, source, stream.name), mapping: new StreamMapping(source, stream.name, spellingsOf(engine.config.references)), judgement, lease, firstLoad: false, assetsBefore: 0,
    mapContext: { source: source.name, options: source.options }, counts: NO_COUNTS, scopes: new Map(), nextCursor: null, pageToken: null, pulled: false, assets: NO_ASSETS, reviews: 0, unmapped: new Map(), noted: { records: 0 }, warnings: [],
  };
}
