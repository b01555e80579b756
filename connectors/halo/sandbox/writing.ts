import { jsonAnswer, type RawFields, type SandboxAnswer, type SandboxRequest, type WriteRuleKind } from '../../sdk/sandbox/index.js';
import { exception, invalid, notFound, refusal } from './answers.js';
import type { Instance, Written } from './instance.js';
import { journal, patched, rawOf } from './journal.js';
import { CUSTOM_FIELDS, FIELDS, STATUSES, TYPES, type Asset } from './model.js';
import { renderAsset } from './store.js';

/** Columns that a write may set; everything else is left as it is without a word, as unknown JSON properties are. */
const WRITABLE = ['inventory_number', 'status_id', 'inactive', 'site_id', 'client_id', 'business_owner_id', 'technical_owner_id', 'supplier_id', 'supplier_contract_id', 'supplier_purchasedate',
  'warranty_start', 'warranty_end', 'contract_id', 'criticality', 'third_party_id', 'notes'];
const FLAGS = ['_validateonly', '_dontaddnewfields', '_donotvalidate', '_dont_fire_automations', 'do_not_apply_template_in_the_api'];

type Given = Readonly<Record<string, unknown>>;
interface Refused { readonly refusal: SandboxAnswer }
interface Planned { readonly asset: Asset; readonly before: Asset | undefined; readonly changed: readonly string[]; readonly isNew: boolean; readonly rule?: OwnRule | undefined }
interface OwnRule { readonly afterMs: number; readonly patch: RawFields }

/** `POST /Asset`: an array, whose elements' `id` decides between update and create. */
export function writeAssets(instance: Instance, request: SandboxRequest): SandboxAnswer {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) return { status: 415 };
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    return invalid({ $: ['The JSON value could not be converted.'] });
  }
  if (!Array.isArray(body) || body.length === 0 || !body.every(isObject)) return invalid({ $: ['The JSON value could not be converted to a list of devices. Path: $ | LineNumber: 0'] });

  const planned: { readonly plan: Planned; readonly given: Given }[] = [];
  for (const given of body as Given[]) {
    const plan = decide(instance, request, given, planned.map((each) => each.plan));
    if ('refusal' in plan) {
      // who is asked to wait has written nothing
      if (plan.refusal.status === 429) return plan.refusal;
      note(instance, request, { what: 'refused', id: idOf(given), given, changed: [] });
      if (instance.switches.refusedBatch === 'earlier_stay') for (const each of planned) keep(instance, request, each.plan, each.given);
      return plan.refusal;
    }
    planned.push({ plan, given });
  }
  const rows = planned.map(({ plan, given }) => keep(instance, request, plan, given));
  return jsonAnswer(201, rows.length === 1 ? rows[0] : rows);
}

/** What the asset would become, or why not. Nothing is kept yet. */
function decide(instance: Instance, request: SandboxRequest, given: Given, before: readonly Planned[]): Planned | Refused {
  const { store, switches } = instance;
  const id = idOf(given);
  const known = id === undefined ? undefined : before.find(({ asset }) => asset.id === id)?.asset ?? store.assets.get(id);
  if (id !== undefined && known === undefined) return { refusal: notFound() };
  const type = TYPES.find((one) => one.id === Number(known?.columns['assettype_id'] ?? given['assettype_id']));
  const missing = id !== undefined ? [] : ['assettype_id', 'site_id'].filter((name) => !(Number(given[name]) > 0));
  if (missing.length > 0 || type === undefined) return { refusal: invalid(Object.fromEntries((missing.length > 0 ? missing : ['assettype_id']).map((name) => [name, [`The ${name} field is required.`]]))) };

  const isNew = known === undefined;
  const meets = <Kind extends WriteRuleKind>(kind: Kind) => instance.desk.take(kind, 'assets', String(id ?? 0), rawOf(known), flat(given));
  const throttle = meets('throttle');
  if (throttle !== undefined) return { refusal: { status: 429, headers: { 'retry-after': String(Math.ceil(throttle.ms / 1_000)) } } };
  const refuses = meets('refuse');
  if (refuses !== undefined) return { refusal: exception(400, refuses.words) };
  const [ignores, fixed, normalises] = [meets('ignore') !== undefined, meets('read_only')?.fields ?? [], meets('normalise') !== undefined];
  const asset: Asset = known === undefined
    ? { id: store.nextId(), listedFrom: request.now + switches.indexLagMs, modifiedAt: request.now, columns: { assettype_id: type.id, status_id: switches.statusOfNewAssets, inactive: false, inventory_number: '' }, fields: {}, customs: {}, parents: [], siblings: [] }
    : { ...known, columns: { ...known.columns }, fields: { ...known.fields }, customs: { ...known.customs } };
  const changed: string[] = [];
  const set = (target: Record<string, unknown>, key: string, label: string, value: unknown): void => {
    const name = label.replace(/^(fields|customfields)\./, '');
    if (ignores || fixed.includes(name) || switches.ignoresWritesTo.includes(label) || switches.ignoresWritesTo.includes('*')) return;
    const kept = rewritten(normalises ? ['trim', 'lower_case', 'reformat_dates'] : switches.rewrites, value);
    if (target[key] === kept) return;
    target[key] = kept;
    changed.push(label);
  };

  if ('status_id' in given) {
    const wrong = wrongStatus(instance, given['status_id'], isNew ? undefined : Number(asset.columns['status_id']), type.allowedStatuses);
    if (wrong !== undefined) return { refusal: wrong };
  }
  if (switches.uniqueTags && typeof given['inventory_number'] === 'string' && given['inventory_number'] !== '') {
    const others = [...store.all(), ...before.map((each) => each.asset)];
    if (others.some((other) => other.id !== asset.id && other.columns['inventory_number'] === given['inventory_number'])) return { refusal: refusal(400, 'Asset tag must be unique') };
  }
  for (const [name, value] of Object.entries(given)) {
    if (WRITABLE.includes(name)) set(asset.columns, name, name, value);
    else if (name !== 'id' && name !== 'fields' && name !== 'customfields' && !FLAGS.includes(name) && !(isNew && name === 'assettype_id')) ignored(request, name);
  }
  for (const entry of listOf(given['fields'])) {
    const field = type.fields.includes(Number(entry['id'])) ? FIELDS.get(Number(entry['id'])) : undefined;
    if (field === undefined) ignored(request, `fields[${String(entry['id'])}]`);
    else set(asset.fields, String(field.id), `fields.${field.name}`, String(entry['value'] ?? ''));
  }
  for (const entry of listOf(given['customfields'])) {
    const field = CUSTOM_FIELDS.find(({ id: own, name }) => own === Number(entry['id']) || name === entry['name']);
    if (field === undefined) ignored(request, `customfields[${String(entry['id'] ?? entry['name'])}]`);
    else set(asset.customs, String(field.id), `customfields.${field.name}`, String(entry['value'] ?? ''));
  }
  return { asset, before: known, changed, isNew, rule: meets('own_rule') };
}

function wrongStatus(instance: Instance, given: unknown, now: number | undefined, allowed: readonly number[] | undefined): SandboxAnswer | undefined {
  const id = Number(given);
  if (!STATUSES.some((status) => status.id === id)) return invalid({ status_id: [`The value '${String(given)}' is not valid.`] });
  if (allowed !== undefined && !allowed.includes(id)) return exception(400, 'This status is not allowed for this asset type.');
  if (instance.switches.forbiddenMoves.some(([from, to]) => from === now && to === id)) return exception(400, 'The status cannot be changed to this value.');
  return undefined;
}

/** Stores what was decided, writes it down, and lets the customer's own rule see it. */
function keep(instance: Instance, request: SandboxRequest, { asset, before, changed, isNew, rule: own }: Planned, given: Given): unknown {
  const validateOnly = given['_validateonly'] === true;
  const what = validateOnly ? 'validated' : isNew ? 'create' : changed.length === 0 ? 'unchanged' : 'update';
  note(instance, request, { what, id: asset.id, given, changed });
  if (!validateOnly) journal(instance.desk, { id: asset.id, before, after: asset, at: request.now, by: 'api' });
  if (!validateOnly && own !== undefined) {
    instance.desk.later(request.now + own.afterMs, (at) => {
      const then = instance.store.assets.get(asset.id);
      if (then !== undefined) journal(instance.desk, { id: then.id, before: then, after: instance.store.put(patched(then, own.patch, at)), at, by: 'rule' });
    });
  }
  if (!validateOnly && (isNew || changed.length > 0)) {
    asset.modifiedAt = request.now;
    instance.store.put(asset);
    const rule = instance.switches.ownRule;
    if (rule !== undefined && given['_dont_fire_automations'] !== true) instance.pending.push({ at: request.now + rule.afterMs, id: asset.id });
  }
  return renderAsset(instance.store, asset, { fields: true, icon: true, details: true, allowed: false });
}

/** What the customer's own rules have done meanwhile: seen by whoever asks next. */
export function runOwnRules(instance: Instance, now: number): void {
  const due = instance.pending.filter(({ at }) => at <= now);
  if (due.length === 0) return;
  instance.pending.splice(0, instance.pending.length, ...instance.pending.filter(({ at }) => at > now));
  for (const { at, id } of due) {
    const asset = instance.store.assets.get(id);
    const change = instance.switches.ownRule?.change;
    if (asset === undefined || change === undefined) continue;
    const changed = Object.keys(change).filter((name) => asset.columns[name] !== change[name]);
    if (changed.length === 0) continue;
    journal(instance.desk, { id, before: asset, after: instance.store.put(patched(asset, change, at)), at, by: 'rule' });
    instance.audit.push({ at, what: 'own_rule', id, given: change, changed });
  }
}

/** `DELETE /Asset/{id}`: final. */
export function deleteAsset(instance: Instance, request: SandboxRequest, id: number): SandboxAnswer {
  if (!instance.store.assets.has(id)) return notFound();
  const before = instance.store.assets.get(id);
  instance.store.remove(id);
  journal(instance.desk, { id, before, after: undefined, at: request.now, by: 'api' });
  note(instance, request, { what: 'delete', id, given: {}, changed: [] });
  return { status: 204 };
}

function rewritten(rewrites: Instance['switches']['rewrites'], value: unknown): unknown {
  if (typeof value !== 'string') return value;
  let text = rewrites.includes('trim') ? value.trim() : value;
  if (rewrites.includes('lower_case')) text = text.toLowerCase();
  const day = /^(\d{4}-\d{2}-\d{2})(T00:00:00)?Z?$/i.exec(text)?.[1];
  return rewrites.includes('reformat_dates') && day !== undefined ? `${day}T00:00:00` : text;
}

const note = (instance: Instance, request: SandboxRequest, written: Omit<Written, 'at'>): void => { instance.audit.push({ at: request.now, ...written }); };
const ignored = (request: SandboxRequest, name: string): void => { (request.log.notes ??= []).push(`${name} cannot be written: ignored without a word`); };
const isObject = (value: unknown): value is Given => typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly Given[] => (Array.isArray(value) ? value.filter(isObject) : []);
/** `id` missing or 0 makes a new asset. */
const idOf = (given: Given): number | undefined => (Number(given['id']) > 0 ? Number(given['id']) : undefined);
/** What is given as flat raw fields. */
const flat = (given: Given): RawFields => {
  const { id: _id, fields, customfields, ...columns } = given;
  const named = (list: unknown, nameOf: (id: number) => string | undefined) => Object.fromEntries(listOf(list).map((entry) => [nameOf(Number(entry['id'])) ?? String(entry['name'] ?? entry['id']), entry['value']]));
  return { ...columns, ...named(fields, (id) => FIELDS.get(id)?.name), ...named(customfields, (id) => CUSTOM_FIELDS.find((field) => field.id === id)?.name) };
};
