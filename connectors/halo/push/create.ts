import { ConflictError, SourceConfigurationError, type CreateOutcome, type FieldWrite, type NewRecord } from '../../sdk/contract/index.js';
import { field, integer, text } from '../../sdk/mapping/index.js';
import { assetsQuery } from '../changes.js';
import { classOfType } from '../classes.js';
import { readPage, sendAssets } from '../list.js';
import type { AssetType, HaloClient, Refusal } from '../session.js';
import { idOf, nameOf, rowId, rowsOf, type Row } from '../types.js';
import { bodyOf, wishesOf, type Place, type Wish } from './columns.js';
import { same, siteNamed } from './names.js';
import { beforeSending, outcomeOf, taken } from './outcome.js';
import { nameToCreate } from './search.js';
import { gather } from './write.js';

const STREAM = 'assets';
const notConfigured = (message: string, hint: string): Refusal => ({ refusal: new SourceConfigurationError(message, undefined, { hint }) });

/** A POST without an id: each makes one asset more, so it is sent once, and only with what finds it again. */
export async function create(client: HaloClient, wanted: NewRecord): Promise<CreateOutcome> {
  let made: { readonly element: Row } | Refusal;
  try {
    made = await elementOf(client, wanted);
  } catch (error) {
    return beforeSending(error);
  }
  if ('refusal' in made) return { kind: 'refused', error: made.refusal };
  try {
    const answer = await sendAssets(client, [made.element], STREAM);
    // one element is answered by an object, and by an array elsewhere
    const id = rowId(Array.isArray(answer) ? answer[0] : answer);
    return id === undefined ? { kind: 'unknown', reason: 'Halo created an asset and did not say which' } : { kind: 'created', externalId: String(id) };
  } catch (error) {
    if (error instanceof ConflictError) return { kind: 'refused', error: taken(error) };
    const outcome = outcomeOf(error);
    if (outcome.kind === 'refused' || outcome.kind === 'retry' || outcome.kind === 'unknown') return outcome;
    throw error;
  }
}

async function elementOf(client: HaloClient, wanted: NewRecord): Promise<{ readonly element: Row } | Refusal> {
  const chosen = await typeFor(client, wanted.assetClass);
  if ('refusal' in chosen) return chosen;
  const customs = await customFields(client, chosen.id);
  const carrier = carrierAmong(client, customs, wanted.reference);
  if ('refusal' in carrier) return carrier;
  const site = await siteFor(client, wanted);
  if ('refusal' in site) return site;
  const { options } = client.source;
  const ofClient = idOf(site.row['client_id']);
  const place: Place = { client, stream: STREAM, type: await client.catalogue.typeDetails(client, chosen.id, STREAM), current: {}, customs, ...(ofClient !== undefined && { ofClient }) };
  const fields: FieldWrite[] = [];
  const name = nameToCreate(wanted);
  const given = Object.entries({ ...wanted.attributes, name }).filter(([attribute, value]) => value !== null && attribute !== 'location' && (attribute !== 'hostname' || field(options['fields'], 'name') !== undefined));
  for (const [attribute, value] of given) {
    // what the type has no field for keeps no asset from being made
    if (await hasPlace(attribute, place)) fields.push({ attribute, value });
  }
  const wishes = await gather(place, fields, wanted.stage);
  if ('refusal' in wishes) return wishes;
  const carried: Wish = { at: 'custom', key: String(carrier.id), label: wanted.reference, value: wanted.assetId };
  return { element: { assettype_id: chosen.id, site_id: site.id, ...(ofClient !== undefined && { client_id: ofClient }), ...bodyOf([...wishes, carried]) } };
}

/** The custom field that carries our asset id. */
function carrierAmong(client: HaloClient, customs: readonly Row[], reference: string): { readonly id: number } | Refusal {
  const id = rowId(customs.find((row) => same(nameOf(row), reference) && (integer(row['type']) ?? 0) === 0));
  return id !== undefined ? { id } : notConfigured(`${client.source.name} ${STREAM}: no asset shows a custom field ${reference} of plain text, which would carry our asset id`,
    `Add a custom field ${reference} of the type text to assets, or name another under push.reference.`);
}

/** What keeps any asset from being created, as far as it can be known without one. */
export async function unready(client: HaloClient, reference: string): Promise<readonly Refusal[]> {
  const carrier = carrierAmong(client, await customFields(client), reference);
  const { defaultSite, defaultClient } = client.source.options;
  const site = text(defaultSite) === undefined ? undefined : await siteNamed(client, text(defaultSite)!, text(defaultClient), STREAM);
  return [carrier, site].flatMap((one) => (one !== undefined && 'refusal' in one ? [one] : []));
}

/** Emptying costs no look-up: whether there is anything to write to can be asked by it. */
const hasPlace = async (attribute: string, place: Place): Promise<boolean> => attribute === 'name' || !('refusal' in await wishesOf({ attribute, value: null }, place));

/** The type whose class is that of the asset; `options.createTypes` chooses where several are. */
async function typeFor(client: HaloClient, assetClass: string): Promise<AssetType | Refusal> {
  const { options, name } = client.source;
  const types = [...(await client.catalogue.types(client, STREAM)).values()];
  const named = text(field(options['createTypes'], assetClass));
  const fits = named === undefined ? types.filter((type) => classOfType(type, options) === assetClass) : types.filter((type) => same(type.name, named) || String(type.id) === named.trim());
  const [type] = fits;
  if (type !== undefined && fits.length === 1) return type;
  if (named !== undefined) return notConfigured(`${name} ${STREAM}: options.createTypes names ${named} for ${assetClass}, and ${fits.length === 0 ? 'no asset type' : `${fits.length} asset types`} of the instance ${fits.length === 0 ? 'is' : 'are'} called so`, `It has ${types.map((one) => one.name).join(', ')}.`);
  return fits.length === 0
    ? notConfigured(`${name} ${STREAM}: no asset type of the instance stands for ${assetClass}`, 'Name one under options.classes, or leave the class out of push.classes.')
    : notConfigured(`${name} ${STREAM}: ${fits.map((one) => one.name).join(' and ')} all stand for ${assetClass}`, `Name the one for new assets under options.createTypes.${assetClass}.`);
}

/** Where the asset is, else where the configuration puts what has no place. */
async function siteFor(client: HaloClient, wanted: NewRecord): Promise<{ readonly id: number; readonly row: Row } | Refusal> {
  const { options, name } = client.source;
  const place = text(wanted.attributes['location']) ?? text(options['defaultSite']);
  if (place !== undefined) return await siteNamed(client, place, text(options['defaultClient']), STREAM);
  return notConfigured(`${name} ${STREAM}: an asset of Halo stands at a site, this one has no location, and options.defaultSite names none`, 'Name a site for such assets under options.defaultSite, and its client under options.defaultClient where several clients have a site of this name.');
}

/** Custom fields of assets, as an asset shows them: those of the type, else of any. */
async function customFields(client: HaloClient, type?: number): Promise<readonly Row[]> {
  const others = [...(await client.catalogue.types(client, STREAM)).keys()].filter((id) => id !== type);
  for (const id of [...(type === undefined ? [] : [type]), ...others]) {
    const [row] = (await readPage(client, assetsQuery(STREAM, { assettype_id: id, includeassetfields: 'true' }), 1, 1)).rows;
    const fields = rowsOf(row?.['customfields']).map((one) => ({ ...one, value: '', display: '' }));
    if (fields.length > 0) return fields;
  }
  return [];
}
