import { IsArray, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Max, Min, registerDecorator } from 'class-validator';
import { IsHttpAddress } from '../sdk/config/index.js';
import { ATTRIBUTES, RELATIONSHIP_KINDS, type RelationshipKind } from '../sdk/contract/index.js';
import { STATUS_MEANINGS, type StatusMeaning } from './stages.js';

/** What a field of an asset type can tell: the attributes, and the identifiers that are none. */
export const FIELD_TARGETS: readonly string[] = [...Object.keys(ATTRIBUTES), 'bios_uuid', 'instance_uuid'];

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.length > 0 && value.every(isText);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

function Holds(name: string, expected: string, validate: (value: Readonly<Record<string, unknown>>) => boolean): PropertyDecorator {
  return (target, property) => registerDecorator({
    name, target: target.constructor, propertyName: String(property),
    validator: { validate: (value: unknown) => isRecord(value) && validate(value), defaultMessage: () => expected },
  });
}

/** No name may mean two things. */
function areMeanings(value: Readonly<Record<string, unknown>>): boolean {
  const lists = Object.values(value);
  if (!Object.keys(value).every((key) => (STATUS_MEANINGS as readonly string[]).includes(key)) || !lists.every(isTexts)) return false;
  const names = lists.flat().map((name) => (name as string).trim().toLowerCase());
  return new Set(names).size === names.length;
}

/** Options of a Halo source. */
export class HaloOptions {
  /** Authorization server, where it is on another host than the instance, e.g. https://auth.example.com/auth. */
  @IsOptional() @IsHttpAddress()
  authUrl?: string;

  /** Requests a minute, over all that runs at once; hosted instances allow 700 in 5 minutes. */
  @IsOptional() @IsInt() @Min(1) @Max(60_000)
  requestsPerMinute: number = 120;

  /** Class for an asset type, by its name or id; null leaves its assets out. */
  @IsOptional() @IsObject() @Holds('areClasses', 'each entry must be the name of a class, or null', (value) => Object.values(value).every((name) => name === null || (isText(name) && /^[a-z][a-z0-9_]{0,99}$/.test(name))))
  classes?: Record<string, string | null>;

  /** Names of asset statuses by what they mean: a stage, or lost and stolen; the first is the one that is written. Replaces the default names of that meaning. */
  @IsOptional() @IsObject() @Holds('areStatuses', `each entry must be a list of names, each in one list only, under one of ${STATUS_MEANINGS.join(', ')}`, areMeanings)
  statuses?: Partial<Record<StatusMeaning, string[]>>;

  /** Names of the asset types' fields by the attribute that they tell (or bios_uuid, instance_uuid); the first that is filled counts. */
  @IsOptional() @IsObject() @Holds('areFields', 'each entry must be a list of names of fields, under an attribute, bios_uuid or instance_uuid', (value) => Object.entries(value).every(([key, names]) => FIELD_TARGETS.includes(key) && isTexts(names)))
  fields?: Record<string, string[]>;

  /** Kind of relationship by relationship_id, from child to parent, or from the sibling with the lower id to the other; null leaves it out. */
  @IsOptional() @IsObject() @Holds('areKinds', `each entry must be one of ${RELATIONSHIP_KINDS.join(', ')}, or null, under a number`, (value) => Object.entries(value).every(([id, kind]) => /^\d{1,15}$/.test(id) && (kind === null || (RELATIONSHIP_KINDS as readonly unknown[]).includes(kind))))
  relationshipKinds?: Record<string, RelationshipKind | null>;

  /** Asset types, by name or id, whose relations are read: each asset costs a call. Absent: all. */
  @IsOptional() @IsArray() @IsString({ each: true })
  relationshipsOf?: string[];

  /** Site at which new assets without a location are created, by its name or id. */
  @IsOptional() @IsString() @IsNotEmpty()
  defaultSite?: string;

  /** Client of which new assets become, by its name: needed where several clients have a site of one name. */
  @IsOptional() @IsString() @IsNotEmpty()
  defaultClient?: string;

  /** Asset type of new assets by their class, by its name or id: needed where several types stand for one class. */
  @IsOptional() @IsObject() @Holds('areTypes', 'each entry must be the name or id of an asset type, under a class', (value) => Object.entries(value).every(([name, type]) => /^[a-z][a-z0-9_]{0,99}$/.test(name) && isText(type)))
  createTypes?: Record<string, string>;
}
