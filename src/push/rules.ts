import { createHash } from 'node:crypto';
import type { AttributeValue, Connector, LifecycleStage, StageCodes, Stream } from '../../connectors/sdk/contract/index.js';
import type { ConnectorCatalogue } from '../config/index.js';
import type { LoadedConfig, MappingRule, SourceSettings } from '../config/types.js';
import { speaksOf } from '../core/lifecycle/index.js';
import type { StreamRules, TargetRules } from '../core/push/index.js';

/** One target: what decides, and what carries it out. */
export interface Target {
  readonly source: SourceSettings;
  readonly connector: Connector;
  readonly rules: TargetRules;
  /** Its streams that can be written. */
  readonly streams: ReadonlyMap<string, Stream<any, any>>;
  /** Changes when its assets would be judged differently. */
  readonly hash: string;
}

export interface PushRules {
  readonly targets: ReadonlyMap<string, Target>;
  /** `environment.writes`: without it everything is judged and nothing is sent. */
  readonly writes: boolean;
}

/** Undefined: no source of the configuration is a target. */
export async function pushRulesOf(config: LoadedConfig, catalogue: ConnectorCatalogue): Promise<PushRules | undefined> {
  const targets = new Map<string, Target>();
  for (const source of config.sources) {
    if (!source.push.enabled) continue;
    const connector = await catalogue.load(source.connector, source.folder);
    if (connector) targets.set(source.name, targetOf(source, connector, config.lifecycle));
  }
  return targets.size === 0 ? undefined : { targets, writes: config.environment.writes };
}

export function targetOf(source: SourceSettings, connector: Connector, lifecycle: LoadedConfig['lifecycle']): Target {
  const { push } = source;
  const streams = new Map(connector.streams.filter((stream) => stream.push && stream.fetchOne && source.streams.includes(stream.name)).map((stream) => [stream.name, stream]));
  const creators = push.mode === 'upsert' ? [...streams.values()].flatMap((stream) => stream.push?.create?.classes ?? []) : [];
  const rules: TargetRules = {
    target: source.name, role: source.role, speaks: speaksOf(lifecycle, source.name, source.role), fields: push.fields, ...(push.classes && { classes: push.classes }), ...(push.where && { where: push.where.expression }), creates: creators.length > 0, createsClasses: creators,
    onConflict: push.onConflict, onDrift: push.onDrift, streams: new Map([...streams.values()].map((stream) => [stream.name, streamRulesOf(source, stream)])),
  };
  const { enabled: _enabled, maxPushRatio: _ratio, maxWrites: _writes, quietHours: _hours, ...deciding } = push;
  const text = JSON.stringify({ version: 1, speaks: rules.speaks, push: { ...deciding, where: push.where?.text }, mapping: source.mapping, options: source.options, streams: [...streams.keys()] });
  return { source, connector, rules, streams, hash: createHash('sha256').update(text).digest('hex').slice(0, 32) };
}

function streamRulesOf(source: SourceSettings, stream: Stream<any, any>): StreamRules {
  const mapping = source.mapping[stream.name] ?? {};
  const own = new Set(stream.push?.attributes ?? []);
  // What is computed from several raw fields cannot be written back; what is read from one can.
  const writable = source.push.fields.filter((field) => field !== 'stage' && (mapping[field]?.from !== undefined ? mapping[field]?.path !== undefined : own.has(field)));
  const codesFor = stream.push?.codesFor?.bind(stream.push);
  return {
    stream: stream.name, attributes: new Set(writable),
    ...(codesFor && { codesFor: (stage: LifecycleStage): StageCodes | undefined => {
      const rule = mapping['stage'];
      return rule ? codesFor(renamed(rule, stage), givenCodes(rule, stage), source.options) : codesFor(stage, {}, source.options);
    } }),
    spell: (attribute, value) => spelled(mapping[attribute] ?? undefined, value),
  };
}

/** The codes that the configuration's own mapping of the stage names. It adds to the connector's table: what it does not name is the table's to say. */
function givenCodes(rule: MappingRule, stage: LifecycleStage): StageCodes {
  if (rule.path === undefined) return {};
  const field = rule.path.join('.');
  if (!rule.values) return { [field]: stage };
  const code = Object.entries(rule.values).find(([, ours]) => ours === stage)?.[0];
  return code === undefined ? {} : { [field]: code };
}

/** `values` without `from` renames the connector's own stages. */
function renamed(rule: MappingRule, stage: LifecycleStage): LifecycleStage {
  if (rule.from !== undefined || !rule.values) return stage;
  return (Object.entries(rule.values).find(([, ours]) => ours === stage)?.[0] as LifecycleStage | undefined) ?? stage;
}

/** A value map undone: of several spellings that mean the same the first one that stands there. */
function spelled(rule: MappingRule | undefined, value: AttributeValue): AttributeValue {
  if (!rule?.values) return value;
  return Object.entries(rule.values).find(([, ours]) => ours === value)?.[0] ?? value;
}

/** The raw field that an attribute is written to, where the configuration names one. */
export const pathOf = (source: SourceSettings, stream: string, attribute: string): readonly string[] | undefined => source.mapping[stream]?.[attribute]?.path;
