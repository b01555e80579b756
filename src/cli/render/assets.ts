import type { AssetDetails, RelationshipOfAsset } from '../../queries/asset-details.js';
import type { AssetDocument } from '../../queries/asset-documents.js';
import type { ChangeDocument } from '../../queries/asset-history.js';
import type { Style } from '../style.js';
import { facts, table } from './table.js';
import { agoText, count, indent, numberText, plain, spanText, timeText, valueText } from './text.js';

export function renderAssets(assets: readonly AssetDocument[], now: number, style: Style): string {
  return table([{ head: 'NAME' }, { head: 'CLASS' }, { head: 'STAGE' }, { head: 'FOUND BY' }, { head: 'SOURCES' }, { head: 'CHANGED', align: 'right' }, { head: 'ID' }],
    assets.map((asset) => [
      style.bold(plain(asset.name ?? '(no name)', 40)), asset.class ?? '-', stageText(asset.stage, asset.holds, style), plain(handle(asset), 40),
      plain([...new Set(asset.sources.filter(({ tombstonedAt }) => tombstonedAt === undefined).map(({ source }) => source))].join(', ') || 'gone everywhere', 40), agoText(asset.updatedAt, now), style.dim(asset.id),
    ]), style);
}

/** The identifier by which a person would look for it. */
function handle({ identifiers }: AssetDocument): string {
  for (const kind of ['serial', 'cloud_resource_id', 'asset_tag', 'bios_uuid', 'instance_uuid', 'fqdn', 'mac']) {
    const found = identifiers.find((identifier) => identifier.kind === kind);
    if (found) return `${found.kind}:${found.value}`;
  }
  return '-';
}

export function stageText(stage: string, holds: readonly string[], style: Style): string {
  const text = stage === 'in_use' || stage === 'deployed' ? style.green(stage) : stage === 'retired' || stage === 'disposed' ? style.dim(stage) : stage;
  return holds.length === 0 ? text : `${text} ${style.yellow(`(${holds.join(', ')})`)}`;
}

export function renderAsset(asset: AssetDetails, now: number, style: Style): string {
  const parts = [
    `${style.bold(plain(asset.name ?? '(no name)'))}  ${asset.class ?? 'no class'}, ${stageText(asset.stage, asset.holds, style)}${asset.stageSince === null ? '' : ` since ${timeText(asset.stageSince)}`}${pinOf(asset, 'stage', style)}`,
    `${style.dim('id')} ${asset.id}${asset.redirectedFrom === undefined ? '' : `  (${asset.redirectedFrom} merged into it)`}`,
  ];
  const section = (title: string, body: string): void => {
    if (body !== '') parts.push('', style.dim(title), indent(body));
  };
  for (const { id, kind, because } of asset.reviews) parts.push(`${style.yellow('!')} review ${id} is open (${kind}): ${plain(because)}`);
  section('ATTRIBUTES', facts(Object.entries(asset.attributes).map(([name, value]) => [name, `${valueText(value)}${pinOf(asset, name, style)}`]), style));
  section('FOUND BY', asset.identifiers.map(({ kind, value }) => `${kind}:${plain(value)}`).join('\n'));
  section('RECORDS', facts(asset.sources.map(({ source, stream, externalId, lastSeenAt, tombstonedAt }) => [plain(`${source}/${stream}/${externalId}`), tombstonedAt === undefined ? `seen ${agoText(lastSeenAt, now)}` : style.yellow(`gone since ${timeText(tombstonedAt)}`)]), style));
  section('RELATIONSHIPS', asset.relationships.map((edge) => relationship(edge, style)).join('\n'));
  section(`SOFTWARE (${numberText(asset.installations.length)})`, asset.installations.length === 0 ? '' : asset.installations.slice(0, 20).map(({ product, version, source }) => `${plain(product)}${version === null ? '' : ` ${plain(version)}`}  ${style.dim(source)}`).join('\n') + (asset.installations.length > 20 ? `\n… and ${numberText(asset.installations.length - 20)} more (--json has them all)` : ''));
  section('FLAGS', Object.entries(asset.flags).map(([flag, records]) => `${flag}: ${plain(records.join(', '))}`).join('\n'));
  section('HOLDS BY PEOPLE', asset.personHolds.map(({ hold, by, reason, at }) => `${hold} by ${plain(by)} at ${timeText(at)}: ${plain(reason)}`).join('\n'));
  if (asset.formerIds.length > 0) section('MERGED INTO IT', asset.formerIds.join('\n'));
  return parts.join('\n');
}

function pinOf(asset: AssetDetails, attribute: string, style: Style): string {
  const pin = asset.overrides.find((override) => override.attribute === attribute);
  return pin ? `  ${style.yellow(`pinned by ${plain(pin.by)}${pin.until === null ? '' : ` until ${timeText(pin.until)}`}`)}` : '';
}

function relationship({ kind, direction, asset, refersTo, sources }: RelationshipOfAsset, style: Style): string {
  const other = asset ? `${plain(asset.name ?? '(no name)')} ${style.dim(`(${asset.class ?? 'no class'}, ${asset.id})`)}` : style.dim(`not here yet: ${plain((refersTo ?? []).join(' or '))}`);
  const by = style.dim(`by ${[...new Set(sources.map(({ source }) => source))].join(', ')}`);
  return direction === 'out' ? `${kind} -> ${other}  ${by}` : `${other} ${kind} -> this  ${by}`;
}

export function renderHistory(changes: readonly ChangeDocument[], style: Style): string {
  return table([{ head: 'WHEN' }, { head: 'WHAT' }, { head: 'BEFORE' }, { head: 'AFTER' }, { head: 'CAUSE' }],
    changes.map(({ at, attribute, before, after, cause, ...change }) => [timeText(at), attribute === 'stage' ? style.bold(attribute) : plain(attribute), before === null ? style.dim('-') : valueText(before, 40), after === null ? style.dim('-') : valueText(after, 40), `${causeText(cause)}${moveText(change)}`]), style);
}

/** Who moved the stage, when that was, with what proof, and how long the one before had lasted. */
function moveText({ move, inStageForMs }: Pick<ChangeDocument, 'move' | 'inStageForMs'>): string {
  if (!move) return '';
  return `; ${plain(move.origin)} at ${timeText(move.at)}${move.evidence === undefined ? '' : `, evidence ${plain(move.evidence, 60)}`}${move.reason === undefined ? '' : `: ${plain(move.reason, 80)}`}${inStageForMs === undefined ? '' : ` (after ${spanText(inStageForMs)})`}`;
}

export function causeText({ kind, run, source, rule, person }: ChangeDocument['cause']): string {
  if (person !== undefined) return `${plain(person)} (a person)`;
  const by = rule !== undefined ? `rule ${plain(rule)}` : kind === 'run' ? `run of ${plain(source ?? '?')}` : kind === 'due' ? 'time' : kind;
  return `${by}${run === undefined ? '' : ` ${run}`}`;
}

export const assetCount = (shown: number, all: number): string => (shown === all ? count(all, 'asset') : `${numberText(shown)} of ${count(all, 'asset')}; --limit shows more, --class, --stage, --source and --search show fewer`);
