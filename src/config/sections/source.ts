import { IsBoolean, IsNumber, Max, Min } from 'class-validator';
import { Choice, Condition, NULL, Nested, Optional, RecordOf, Required, Rest, SCALAR, Takes, Text, TextList, either, oneOf, recordOf, section } from '../decorators.js';
import { filled, httpUrl, quietHours, rate } from '../formats.js';
import { SOURCE_ROLES, type AttributeType } from '../../../connectors/sdk/contract/index.js';
import { AuthSection, SafetySection, ScheduleSection, TlsSection, WebhookSection } from './connection.js';

export const ATTRIBUTE_KINDS = ['text', 'integer', 'minor', 'day', 'list', 'tags', 'power_state', 'email'] as const satisfies readonly AttributeType[];

/** How one attribute is made from the raw record. */
export class MappingEntrySection {
  /** A path into the raw record such as `location.name`, or a JSONata expression over it. Amounts come out in whole minor units: `$round($number(price) * 100)`. Absent: the connector's own mapping, whose value `values` translates. */
  @Optional() @Takes({ kind: 'text', raw: true })
  from?: string;

  /** The vendor's value -> ours. */
  @Optional() @RecordOf(SCALAR)
  values?: Record<string, string | number | boolean>;

  /** What to do with a value that `values` does not list: the record to quarantine (fail), the value of `default`, no new claim and a review (hold), or claim it as it is (keep). */
  @Optional() @Choice(['fail', 'default', 'hold', 'keep'])
  unknown?: 'fail' | 'default' | 'hold' | 'keep';

  /** The value for `unknown: default`. */
  @Optional() @Takes(SCALAR)
  default?: string | number | boolean;

  /** How values of an attribute of one's own look. */
  @Optional() @Choice(ATTRIBUTE_KINDS)
  kind?: AttributeType;
}

export type Side = 'ours' | 'theirs' | 'newest' | 'hold';

/** What to do where we and the target have both changed a field; `default` for all fields that are not named. */
@Rest(oneOf(['ours', 'theirs', 'newest', 'hold']))
export class OnConflictSection {
  /** For every field that is not named. */
  @Optional() @Choice(['ours', 'theirs', 'newest', 'hold'])
  default?: Side;
}

/** Writing back to the source. Nothing is written unless `enabled` here and `environment.writes` say so. */
export class PushSection {
  /** Whether the source is a target at all. */
  @Optional() @IsBoolean()
  enabled?: boolean;

  /** Attributes to write, `stage` among them. */
  @Optional() @TextList(filled)
  fields?: string[];

  /** Only assets of these classes and of those below them. Absent: all. */
  @Optional() @TextList(filled)
  classes?: string[];

  /** `update` writes to records that exist; `upsert` creates missing ones too. */
  @Optional() @Choice(['update', 'upsert'])
  mode?: 'update' | 'upsert';

  /** Only assets that satisfy this condition. */
  @Optional() @Condition()
  where?: string;

  /** The target's field that carries our asset id. */
  @Optional() @Text(filled)
  reference?: string;

  /** Both sides changed: whose value counts. One word, or a map of fields. */
  @Optional() @Takes(either(oneOf(['ours', 'theirs', 'newest', 'hold']), section(() => OnConflictSection)))
  onConflict?: Side | OnConflictSection;

  /** Only the target changed: whose value counts. One word, or a map of fields with `default`. */
  @Optional() @Takes(either(oneOf(['ours', 'theirs', 'hold']), recordOf(oneOf(['ours', 'theirs', 'hold']))))
  onDrift?: Exclude<Side, 'newest'> | Record<string, Exclude<Side, 'newest'>>;

  /** Share of the target's assets that may be written in an hour. */
  @Optional() @IsNumber() @Min(0) @Max(1)
  maxPushRatio?: number;

  /** The target's own limit, e.g. `500/h`. */
  @Optional() @Text(rate)
  maxWrites?: string;

  /** Hours in which nothing is written, in the zone of `schedule.timezone`. */
  @Optional() @TextList(quietHours)
  quietHours?: string[];
}

/** One configured instance of a connector. */
export class SourceSection {
  /** A bundled connector, the name of a package, or a path (relative to this file). */
  @Required() @Text(filled)
  connector!: string;

  /** What kind of system it is. Absent: as the connector's manifest says. */
  @Optional() @Choice(SOURCE_ROLES)
  role?: (typeof SOURCE_ROLES)[number];

  /** Where the system is reached. */
  @Optional() @Text(httpUrl)
  baseUrl?: string;

  /** How Lockstep signs in. */
  @Optional() @Nested(() => AuthSection)
  auth?: AuthSection;

  /** Which streams to read. Absent: the connector's default ones. */
  @Optional() @TextList(filled)
  streams?: string[];

  /** Which mapped records are read at all: those for which this certainly holds. What nobody told neither equals nor differs: `stage != 'retired' or stage is not known`. */
  @Optional() @Condition()
  where?: string;

  /** When the source is read. */
  @Optional() @Nested(() => ScheduleSection)
  schedule?: ScheduleSection;

  /** Deliveries from the source. */
  @Optional() @Nested(() => WebhookSection)
  webhook?: WebhookSection;

  /** Stream -> attribute -> how its value is made. `null`: the source does not claim it. A text stands for `from`. */
  @Optional() @RecordOf(recordOf(either(NULL, { kind: 'text', raw: true }, section(() => MappingEntrySection))))
  mapping?: Record<string, Record<string, null | string | MappingEntrySection>>;

  /** Writing back to the source. */
  @Optional() @Nested(() => PushSection)
  push?: PushSection;

  /** Guards against a source that suddenly gives less or something else. */
  @Optional() @Nested(() => SafetySection)
  safety?: SafetySection;

  /** Encrypted connections. */
  @Optional() @Nested(() => TlsSection)
  tls?: TlsSection;

  /** The connector's own settings; its README lists them. */
  @Optional() @RecordOf({ kind: 'any' })
  options?: Record<string, unknown>;
}

