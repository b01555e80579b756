import { IsInt, Min } from 'class-validator';
import { Choice, ChoiceList, Optional, RecordOf, Rest, Takes, Text, either, listOf, recordOf, section, text } from '../decorators.js';
import { authorityName, durationOrNever, filled, snakeName } from '../formats.js';
import { IDENTIFIER_KINDS } from '../../../connectors/sdk/contract/index.js';

/** Which identifiers join records of a class, and how firmly. A given list replaces the default one; `external_ref` always links. */
export class TiersSection {
  /** Merge, transitively. */
  @Optional() @ChoiceList(IDENTIFIER_KINDS)
  link?: string[];

  /** Join finished assets, once. */
  @Optional() @ChoiceList(IDENTIFIER_KINDS)
  attach?: string[];

  /** Only open a review. `name` is the attribute, compared like a host name. */
  @Optional() @ChoiceList([...IDENTIFIER_KINDS, 'name'])
  suggest?: string[];
}

/** How records of several sources become one asset. */
export class IdentitySection {
  /** A value held by more live records of one stream than this is junk. */
  @Optional() @IsInt() @Min(1)
  sharedLimit?: number;

  /** Placeholders beside the built-in ones, by kind of identifier; `*` stands for any signs. */
  @Optional() @RecordOf(listOf(text(filled)), { what: 'unknown kind of identifier', expected: `one of ${IDENTIFIER_KINDS.join(', ')}`, values: IDENTIFIER_KINDS })
  junk?: Record<string, string[]>;

  /** Class -> tiers; a class without own ones takes its parent's, then those of `default`. */
  @Optional() @RecordOf(() => TiersSection)
  rules?: Record<string, TiersSection>;

  /** Classes of one's own: name -> the class it belongs under, e.g. `rack_server: server`. */
  @Optional() @RecordOf(text(filled), { what: 'bad name of a class', expected: snakeName.expected, pattern: /^[a-z][a-z0-9_]{0,62}$/ })
  classes?: Record<string, string>;
}

const ORDER = listOf(text(authorityName));

/** Which source may set an attribute. */
export class AuthorityRuleSection {
  /** Sources by name or `role:itsm`, best first; unlisted ones rank after. */
  @Optional() @Takes(ORDER)
  order?: string[];

  /** How the value is chosen: by order, the newest, the most reported, all together (lists), or the greatest. */
  @Optional() @Choice(['ordered', 'newest', 'most_reported', 'union', 'max'])
  strategy?: 'ordered' | 'newest' | 'most_reported' | 'union' | 'max';

  /** A claim that was not confirmed for so long does not count. */
  @Optional() @Text(durationOrNever)
  staleAfter?: string;

  /** Whether a value that is said to be empty loses to any other (ignore) or takes its rank (wins). */
  @Optional() @Choice(['ignore', 'wins'])
  empty?: 'ignore' | 'wins';
}

/** The order of sources for the life cycle stage. */
export class StageAuthoritySection {
  /** Sources by name or `role:itsm`, best first. */
  @Optional() @Takes(ORDER)
  order?: string[];
}

const RULE = either(ORDER, section(() => AuthorityRuleSection));

/** Which source may set which attribute: `default`, `stage`, and for each class its attributes. */
@Rest(recordOf(RULE))
export class AuthoritySection {
  /** Whose moves count first. */
  @Optional() @Takes(either(ORDER, section(() => StageAuthoritySection)))
  stage?: string[] | StageAuthoritySection;

  /** For every attribute that no class names. */
  @Optional() @Takes(either(ORDER, section(() => StageAuthoritySection)))
  default?: string[] | StageAuthoritySection;
}

export type AuthorityEntry = string[] | AuthorityRuleSection;

export const REFERENCE_KINDS = ['locations', 'people', 'departments', 'manufacturers', 'models', 'vendors', 'environments'] as const;

const SPELLINGS = { kind: 'record', of: listOf(text(filled)) } as const;

/** The same thing spelled differently: our spelling -> those of the sources. */
export class ReferencesSection {
  /** e.g. `Berlin: [BLN, "Berlin HQ"]`. */
  @Optional() @Takes(SPELLINGS)
  locations?: Record<string, string[]>;

  /** e-mail address -> other names of the same person. */
  @Optional() @Takes(SPELLINGS)
  people?: Record<string, string[]>;

  /** Departments. */
  @Optional() @Takes(SPELLINGS)
  departments?: Record<string, string[]>;

  /** Makers, beside the built-in table. */
  @Optional() @Takes(SPELLINGS)
  manufacturers?: Record<string, string[]>;

  /** Models. */
  @Optional() @Takes(SPELLINGS)
  models?: Record<string, string[]>;

  /** Suppliers. */
  @Optional() @Takes(SPELLINGS)
  vendors?: Record<string, string[]>;

  /** Environments such as production. */
  @Optional() @Takes(SPELLINGS)
  environments?: Record<string, string[]>;
}

