import type { Expression } from '../core/expressions/index.js';
import type { AuthorityRules, IdentityRules, LifecycleRules } from '../core/model/index.js';
import type { NoticeRule } from '../core/notices/types.js';
import type { AttributeType, IdentifierKind, LifecycleStage, SourceConfig } from '../../connectors/sdk/contract/index.js';

/** A checked condition with its text as it was written. */
export interface Condition { readonly text: string; readonly expression: Expression }

export type Trigger = { readonly kind: 'cron'; readonly cron: string } | { readonly kind: 'every'; readonly ms: number };

export interface ScheduleSettings {
  readonly incremental?: Trigger;
  readonly full?: Trigger;
  /** IANA name; of cron expressions and quiet hours. */
  readonly timezone: string;
  readonly jitterMs: number;
  /** Streams with times of their own, left out of the source's other runs. */
  readonly streams: Readonly<Record<string, { readonly incremental?: Trigger; readonly full?: Trigger }>>;
}

export interface WebhookSettings {
  /** A delivery is taken if any of them fits. Never empty. */
  readonly auth: readonly ({ readonly method: string } & Readonly<Record<string, string | boolean | readonly string[]>>)[];
  /** Addresses or networks; absent: from anywhere. */
  readonly allowFrom?: readonly string[];
}

/** `unknown` is what happens to a value that `values` does not list (design: fail to quarantine, default, hold, keep). */
export interface MappingRule {
  /** JSONata over the raw record, checked; absent: the connector's own mapping, whose value `values` translates. */
  readonly from?: string;
  /** `from` taken apart where it is a plain path such as `location.name`: needs no JSONata. */
  readonly path?: readonly string[];
  readonly values?: Readonly<Record<string, string | number | boolean>>;
  readonly unknown: 'fail' | 'default' | 'hold' | 'keep';
  readonly default?: string | number | boolean;
  readonly kind?: AttributeType;
}
/** stream -> attribute -> rule; `null`: the source does not claim it. */
export type MappingSettings = Readonly<Record<string, Readonly<Record<string, MappingRule | null>>>>;

export type Side = 'ours' | 'theirs' | 'newest' | 'hold';

export interface QuietHours {
  /** 0 = Monday … 6 = Sunday. */
  readonly days: readonly number[];
  /** Minutes from midnight; `to` below `from` runs over midnight and belongs to the day on which it begins. */
  readonly from: number;
  readonly to: number;
}

export interface PushSettings {
  readonly enabled: boolean;
  readonly fields: readonly string[];
  /** Absent: all. */
  readonly classes?: readonly string[];
  readonly mode: 'update' | 'upsert';
  readonly where?: Condition;
  /** The target's field that carries our asset id. */
  readonly reference?: string;
  /** By field; `default` is always there. */
  readonly onConflict: Readonly<Record<string, Side>>;
  /** By field; where a field is not named and there is no `default`: hold where the target may claim it, else ours. */
  readonly onDrift: Readonly<Record<string, Exclude<Side, 'newest'>>>;
  readonly maxPushRatio: number;
  readonly maxWrites?: { readonly writes: number; readonly perMs: number };
  readonly quietHours: readonly QuietHours[];
}

export interface SafetySettings {
  readonly maxDeleteRatio: number;
  readonly minDeletes: number;
  readonly maxChangeRatio: number;
  readonly minChanges: number;
  readonly missingPasses: number;
  readonly missingForMs: number;
  readonly suspectRatio: number;
}

/** One source, with every default in its place. `connector` is a name, a package or an absolute path. */
export interface SourceSettings extends SourceConfig {
  readonly where?: Condition;
  readonly schedule: ScheduleSettings;
  readonly webhook?: WebhookSettings;
  readonly mapping: MappingSettings;
  readonly push: PushSettings;
  readonly safety: SafetySettings;
}

export interface LifecycleRule {
  readonly name: string;
  readonly when: Condition;
  readonly to: LifecycleStage;
  readonly from?: readonly LifecycleStage[];
  readonly leavesProtected: readonly LifecycleStage[];
}

export interface DuePolicy { readonly where?: Condition; readonly beforeMs: readonly number[]; readonly notify: readonly string[] }
export interface PolicySettings {
  readonly warranty?: DuePolicy;
  readonly endOfLife?: DuePolicy;
  readonly contracts?: DuePolicy;
  readonly licences?: { readonly where?: Condition; readonly unusedAfterMs?: number; readonly notify: readonly string[] };
  readonly vulnerabilities: {
    readonly where?: Condition;
    readonly stages: readonly LifecycleStage[];
    readonly minSeverity?: 'low' | 'medium' | 'high' | 'critical';
    readonly knownExploitedOnly: boolean;
    readonly notify: readonly string[];
  };
  readonly disposition: { readonly rules: readonly { readonly name: string; readonly when: Condition; readonly method: 'clear' | 'purge' | 'destroy' }[]; readonly notify: readonly string[] };
  readonly rules: readonly { readonly name: string; readonly when: Condition; readonly notify: readonly string[] }[];
}

export type Channel =
  | { readonly type: 'webhook' | 'slack' | 'teams'; readonly url: string; readonly secret?: string; readonly loopback?: boolean }
  | { readonly type: 'email'; readonly smtp: string; readonly from: string; readonly to: readonly string[] };
export interface NotificationSettings {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly rules: readonly NoticeRule[];
  readonly repeatMs: number;
  readonly settleMs: number;
}

export interface SecuritySettings {
  /** base64 or hex of 32 bytes. */
  readonly encryptionKey?: string;
  readonly oidc?: { readonly issuer: string; readonly audience: string; readonly clientId?: string; readonly clientSecret?: string; readonly rolesClaim: string; readonly roles: Readonly<Record<string, readonly string[]>> };
  readonly twoPersonRule: boolean;
  readonly tokenLifetimeMs: number;
}

/** The whole configuration: checked, defaults in place, references replaced by values. Durations are ms. */
export interface LoadedConfig {
  readonly environment: { readonly name: string; readonly writes: boolean };
  /** `path` is absolute; only of SQLite. */
  readonly database: { readonly url: string; readonly kind: 'sqlite' | 'mysql'; readonly path?: string };
  readonly queue?: { readonly url: string; readonly prefix: string };
  readonly server: { readonly host: string; readonly port: number; readonly publicUrl?: string; readonly trustedProxies: readonly string[] };
  /** In the order in which they stand. */
  readonly sources: readonly SourceSettings[];
  /** What the core identifies by (`classes` is the whole tree), and placeholders beside the built-in ones. */
  readonly identity: IdentityRules & { readonly junk: Readonly<Partial<Record<IdentifierKind, readonly string[]>>> };
  /** locations, people … -> our spelling -> others. */
  readonly references: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly authority: AuthorityRules;
  readonly lifecycle: LifecycleRules & { readonly rules: readonly LifecycleRule[] };
  readonly retention: { readonly rawVersions: number; readonly versionsMs: number; readonly inboxMs: number; readonly attemptsMs: number };
  readonly security: SecuritySettings;
  readonly notifications: NotificationSettings;
  readonly policies: PolicySettings;
  /** SHA-256 (hex) of the canonical effective configuration, secrets left out: the same meaning, the same hash. */
  readonly hash: string;
  /** Every secret value that was met, for the redactor. */
  readonly secrets: readonly string[];
}
