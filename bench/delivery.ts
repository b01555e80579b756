import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { usedOf, type Used } from './budget.js';
import type { Outcome } from './case.js';
import { inFreshProcess, type ChildOptions, type SimulatorProcess } from './children.js';
import { PART_MS, SHAPES, type Shape } from './desk.js';
import type { DeskOptions } from './desk-system.js';
import type { BenchOptions } from './options.js';
import type { DatabaseKind } from './targets.js';

/** A database that nobody has used, and how to be rid of it. */
export interface Fresh { readonly url: string; drop(): Promise<void> }

export interface PushMeasurement {
  readonly shape: Shape;
  readonly requestsPerSecond: number;
  readonly assets: number;
  readonly used: Used;
  /** Calls beyond the budget. */
  readonly refused: number;
  readonly outcome: Outcome;
}

export const WAYS = ['first sync', 'only read', 'switched on'] as const;
export interface AlignmentMeasurement {
  /** The target is written to from the beginning; it is no target, for comparison; it becomes one after that. */
  readonly way: (typeof WAYS)[number];
  readonly assets: number;
  readonly outcome: Outcome;
}

/** ms that a call takes at the target. */
export const LATENCY_MS = [20, 100] as const;
/** Of what the budget would need: then the case is broken off, for more is not learnt. */
const PATIENCE = 2;

/** Calls that a batch of 50 assets costs: read, written and read again. */
export function callsPerAsset(shape: Shape): number {
  const { read, write } = SHAPES[shape];
  return (2 * Math.ceil(50 / read) + Math.ceil(50 / write)) / 50;
}

export async function measurePush(database: DatabaseKind, options: BenchOptions, simulator: SimulatorProcess, newDatabase: () => Promise<Fresh>): Promise<PushMeasurement[]> {
  const found: PushMeasurement[] = [];
  for (const shape of Object.keys(SHAPES) as Shape[]) {
    for (const requestsPerSecond of options.budgets) {
      const assets = Math.ceil((requestsPerSecond * options.seconds) / callsPerAsset(shape));
      const { url, drop } = await newDatabase();
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-config-'));
      const target = { shape, requestsPerSecond, field: 'location' } as const;
      const start: DeskOptions = { assets, pageSize: options.pageSize, moves: 0, disagrees: false };
      // Both say the same at first: it is agreed. Then the source moves every machine, and all of them are owed.
      await inFreshProcess({ kind: 'feed', url, folder, simulator: await simulator.becomeDesk(start, true), target });
      const moved = { ...start, moves: 1 };
      const { aligning } = await inFreshProcess({ kind: 'feed', url, folder, simulator: await simulator.becomeDesk(moved, false), target });
      if (aligning?.owed !== assets) throw new Error(`push: ${aligning?.owed} assets are owed, should be ${assets}`);
      const pace = { requests: (requestsPerSecond * PART_MS) / 1000, perMs: PART_MS };
      const address = await simulator.becomeDesk({ ...moved, pace, latencyMs: LATENCY_MS }, false);
      await simulator.counted();
      const outcome = await inFreshProcess({ kind: 'push', url, folder, simulator: address, target, seconds: options.seconds * PATIENCE }, profileOf(options, `${database}-push-${shape}-${requestsPerSecond}`));
      const { calls, refused } = await simulator.counted();
      if (!outcome.delivered || outcome.delivered.verified === 0) throw new Error('push: nothing was verified');
      if (outcome.ms < options.seconds * PATIENCE * 1000 && outcome.delivered.verified !== assets) throw new Error(`push: ${outcome.delivered.verified} assets were verified, should be ${assets}`);
      const measurement = { shape, requestsPerSecond, assets, used: usedOf(calls, pace), refused, outcome };
      process.stderr.write(`${database} push ${shape} ${requestsPerSecond}/s: ${measurement.used.share.toFixed(3)}\n`);
      found.push(measurement);
      rmSync(folder, { recursive: true, force: true });
      await drop();
    }
  }
  return found;
}

export async function measureAlignment(database: DatabaseKind, options: BenchOptions, simulator: SimulatorProcess, newDatabase: () => Promise<Fresh>): Promise<AlignmentMeasurement[]> {
  const found: AlignmentMeasurement[] = [];
  for (const assets of options.records) {
    const address = await simulator.becomeDesk({ assets, pageSize: options.pageSize, moves: 0, disagrees: true }, true);
    await simulator.counted();
    for (const way of ['first sync', 'switched on'] as const) {
      const { url, drop } = await newDatabase();
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-config-'));
      const target = { shape: 'batched', requestsPerSecond: 200 } as const;
      if (way === 'switched on') found.push({ way: 'only read', assets, outcome: await inFreshProcess({ kind: 'feed', url, folder, simulator: address, target }) });
      const outcome = await inFreshProcess({ kind: 'align', url, folder, simulator: address, target: { ...target, field: 'stage' } }, profileOf(options, `${database}-alignment-${way.replace(' ', '-')}-${assets}`));
      const { held, sets, owed } = outcome.aligning ?? { held: 0, sets: 0, owed: 0 };
      const { calls } = await simulator.counted();
      if (held !== assets || sets !== 1 || owed !== 0 || calls.length > 0) throw new Error(`alignment: ${held} of ${assets} records are held in ${sets} reviews, ${owed} are owed, ${calls.length} calls were made`);
      process.stderr.write(`${database} alignment ${way} ${assets}: ${(outcome.ms / 1000).toFixed(1)} s, ${outcome.rssMb.toFixed(0)} MB\n`);
      found.push({ way, assets, outcome });
      rmSync(folder, { recursive: true, force: true });
      await drop();
    }
  }
  return found;
}

const profileOf = ({ profile }: BenchOptions, name: string): ChildOptions => (profile === undefined ? {} : { profile: { folder: resolve(profile), name } });
