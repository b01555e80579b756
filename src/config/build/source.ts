import { buildMapping } from './mapping.js';
import { fileOf, judgeByConnector, loadConnector, type ConnectorCatalogue } from './connector-rules.js';
import { msOf, optional, triggerOf, type BuildContext } from './context.js';
import { isNothing } from '../overlay.js';
import { QUIET, WEEKDAYS } from '../formats.js';
import { under } from '../located.js';
import { resolve } from 'node:path';
import type { PushSection, SourceSection, Side } from '../sections/source.js';
import type { SafetySection, ScheduleSection, TlsSection, WebhookSection } from '../sections/connection.js';
import type { PushSettings, QuietHours, SafetySettings, ScheduleSettings, SourceSettings, WebhookSettings } from '../types.js';

export interface BuiltSource { readonly settings: SourceSettings; /** What the connector's manifest chose: key -> value. */ readonly chosen: Readonly<Record<string, unknown>> }

export async function buildSource(name: string, source: SourceSection, catalogue: ConnectorCatalogue, context: BuildContext): Promise<BuiltSource> {
  const { connector, name: connectorName } = await loadConnector(source, catalogue, context);
  const judged = connector ? judgeByConnector(source, connector, context) : { options: {}, authMethod: '' };
  const node = context.nodeOf(source, 'streams');
  if (node?.kind === 'list' && node.items.length === 0) context.report(node.place, context.pathOf(source, 'streams'), { what: 'empty list', found: 'no stream', expected: 'at least one, or no "streams" at all for the default ones' });
  const streams = source.streams ?? connector?.manifest.streams.filter((stream) => stream.default).map((stream) => stream.name) ?? [];
  const role = source.role ?? connector?.manifest.role ?? 'itsm';
  const chosen = { ...(!source.role && { role }), ...(!source.streams && { streams }), ...(!source.auth && { 'auth.method': judged.authMethod }) };
  const standsIn = context.nodeOf(source, 'options') ?? context.nodeOf(source, 'connector');
  const settings: SourceSettings = {
    name, connector: connectorName, role, ...optional('baseUrl', source.baseUrl),
    auth: source.auth ? plainAuth(source.auth, context) : { method: judged.authMethod },
    streams: [...new Set(streams)], options: judged.options, ...optional('tls', buildTls(source.tls, context)),
    folder: context.folderOf(standsIn?.place.file ?? ''),
    ...optional('where', context.condition(source, 'where', 'record')),
    schedule: buildSchedule(source.schedule), ...optional('webhook', buildWebhook(source.webhook)),
    mapping: buildMapping(source, context), push: buildPush(source.push, context), safety: buildSafety(source.safety),
  };
  return { settings, chosen };
}

function plainAuth(auth: { readonly method: string }, context: BuildContext): SourceSettings['auth'] {
  const plain: Record<string, unknown> & { method: string } = { ...auth };
  const node = context.nodeOf(auth, 'tokenFile');
  if (typeof plain['tokenFile'] === 'string' && node) plain['tokenFile'] = resolve(context.folderOf(node.place.file), plain['tokenFile']);
  return plain;
}

function buildTls(tls: TlsSection | undefined, context: BuildContext): SourceSettings['tls'] {
  if (!tls) return undefined;
  return { ...optional('caFile', fileOf(tls, 'caFile', tls.caFile, context)), ...optional('rejectUnauthorized', tls.rejectUnauthorized) };
}

function buildSchedule(schedule: ScheduleSection | undefined): ScheduleSettings {
  return {
    ...optional('incremental', schedule?.incremental === undefined ? undefined : triggerOf(schedule.incremental)),
    ...optional('full', schedule?.full === undefined ? undefined : triggerOf(schedule.full)),
    timezone: schedule?.timezone ?? 'UTC', jitterMs: msOf(schedule?.jitter),
    streams: Object.fromEntries(Object.entries(schedule?.streams ?? {}).map(([name, own]) => [name, { ...optional('incremental', own.incremental === undefined ? undefined : triggerOf(own.incremental)), ...optional('full', own.full === undefined ? undefined : triggerOf(own.full)) }])),
  };
}

function buildWebhook(webhook: WebhookSection | undefined): WebhookSettings | undefined {
  if (!webhook) return undefined;
  return { auth: [webhook.auth ?? []].flat().map((auth) => ({ ...auth })), ...optional('allowFrom', webhook.allowFrom) };
}

function buildSafety(safety: SafetySection | undefined): SafetySettings {
  const of = (value: number | undefined): number => value ?? 0;
  return {
    maxDeleteRatio: of(safety?.maxDeleteRatio), minDeletes: of(safety?.minDeletes), maxChangeRatio: of(safety?.maxChangeRatio), minChanges: of(safety?.minChanges),
    missingPasses: of(safety?.missingPasses), missingForMs: msOf(safety?.missingFor), suspectRatio: of(safety?.suspectRatio),
  };
}

function buildPush(push: PushSection | undefined, context: BuildContext): PushSettings {
  if (!push) return { enabled: false, fields: [], mode: 'update', onConflict: { default: 'hold' }, onDrift: {}, maxPushRatio: 0, quietHours: [] };
  const at = (key: string): string => context.pathOf(push, key);
  context.eachOf(context.nodeOf(push, 'fields'), at('fields'), (text, place, path) => context.attribute(text, place, path));
  context.eachOf(context.nodeOf(push, 'classes'), at('classes'), (text, place, path) => context.mustBe('unknown class', text, context.classes, place, path));
  judgeSides(push, 'onConflict', context);
  judgeSides(push, 'onDrift', context);
  const rate = /^(\d+)\/([smhd])$/.exec(push.maxWrites ?? '');
  return {
    enabled: push.enabled ?? false, fields: push.fields ?? ['stage'], ...optional('classes', push.classes), mode: push.mode ?? 'update',
    ...optional('where', context.condition(push, 'where', 'record')), ...optional('reference', push.reference),
    onConflict: { default: 'hold', ...sidesOf<Side>(push.onConflict) }, onDrift: sidesOf<Exclude<Side, 'newest'>>(push.onDrift),
    maxPushRatio: push.maxPushRatio ?? 0, ...optional('maxWrites', rate ? { writes: Number(rate[1]), perMs: PER[rate[2]!]! } : undefined),
    quietHours: (push.quietHours ?? []).flatMap(quietOf),
  };
}

const PER: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function sidesOf<T extends string>(given: T | object | undefined): Record<string, T> {
  if (given === undefined) return {};
  return typeof given === 'string' ? { default: given } as Record<string, T> : { ...given } as Record<string, T>;
}

/** The stage is no field like others: conflicts about it are settled by the life cycle before anything is pushed. */
function judgeSides(push: PushSection, key: 'onConflict' | 'onDrift', context: BuildContext): void {
  const node = context.nodeOf(push, key);
  if (node?.kind !== 'map') return;
  for (const { key: field, keyPlace, value } of node.entries.values()) {
    const path = under(context.pathOf(push, key), field);
    if (field === 'stage' && key === 'onConflict' && !isNothing(value)) {
      context.report(keyPlace, path, { what: 'not for the stage', found: '"stage" under onConflict', expected: 'any other field', hint: 'who moves a stage is decided by the life cycle (design section 7: lifecycle.speakers, authority.stage and its rules), before anything is pushed' });
    } else if (field !== 'default') context.attribute(field, keyPlace, path);
  }
}

/** `Mo-Fr 08:00-10:00` as days and minutes. */
function quietOf(text: string): readonly QuietHours[] {
  const found = QUIET.exec(text);
  if (!found) return [];
  const [, days, ...clock] = found;
  const [fromHour, fromMinute, toHour, toMinute] = clock.map(Number) as [number, number, number, number];
  const listed = days === undefined ? WEEKDAYS.map((_, index) => index) : days.split(',').flatMap((span) => {
    const [first, last = first] = span.split('-').map((day) => WEEKDAYS.indexOf(day as (typeof WEEKDAYS)[number])) as [number, number?];
    return Array.from({ length: ((last! - first + 7) % 7) + 1 }, (_, step) => (first + step) % 7);
  });
  return [{ days: [...new Set(listed)].sort(), from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute }];
}
