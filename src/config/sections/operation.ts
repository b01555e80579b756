import { IsBoolean, IsInt, Min } from 'class-validator';
import { Choice, ChoiceList, Condition, Nested, NestedList, Optional, RecordOf, Required, Text, TextList, listOf, text } from '../decorators.js';
import { duration, filled, httpUrl, smtpUrl } from '../formats.js';
import { NOTICE_KINDS, NOTICE_SEVERITIES, type NoticeSeverity } from '../../core/notices/types.js';
import { LIFECYCLE_STAGES } from '../../../connectors/sdk/contract/index.js';

export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const;
export const EVENTS = [...NOTICE_KINDS, 'policy', 'vulnerability'] as const;
export const CHANNEL_TYPES = ['webhook', 'slack', 'teams', 'email'] as const;
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;

/** Things that run out on a day: when to tell whom. */
export class DuePolicySection {
  /** Only assets that satisfy this condition. */
  @Optional() @Condition()
  where?: string;

  /** How long before the day a notice goes out; several, each once. */
  @Optional() @TextList(duration)
  before?: string[];

  /** Channels of `notifications.channels`. */
  @Optional() @TextList(filled)
  notify?: string[];
}

/** Licences that are installed but not used. */
export class LicencePolicySection {
  /** Only installations on assets that satisfy this condition. */
  @Optional() @Condition()
  where?: string;

  /** After so long without use an installation is a candidate to be taken back. */
  @Optional() @Text(duration)
  unusedAfter?: string;

  /** Channels of `notifications.channels`. */
  @Optional() @TextList(filled)
  notify?: string[];
}

/** Vulnerabilities of assets: which are worth a notice. */
export class VulnerabilityPolicySection {
  /** Only assets that satisfy this condition. */
  @Optional() @Condition()
  where?: string;

  /** Only assets in these stages alert. */
  @Optional() @ChoiceList(LIFECYCLE_STAGES)
  stages?: string[];

  /** Only from this severity on. */
  @Optional() @Choice(SEVERITIES)
  minSeverity?: (typeof SEVERITIES)[number];

  /** Only those that are known to be exploited. */
  @Optional() @IsBoolean()
  knownExploitedOnly?: boolean;

  /** Channels of `notifications.channels`. */
  @Optional() @TextList(filled)
  notify?: string[];
}

/** Which assets are to be wiped how. The first rule that holds counts. */
export class DispositionRuleSection {
  /** Shown with the decision. */
  @Required() @Text(filled)
  name!: string;

  /** Condition over the asset. */
  @Required() @Condition()
  when!: string;

  /** The method in the words of NIST SP 800-88. */
  @Required() @Choice(['clear', 'purge', 'destroy'])
  method!: 'clear' | 'purge' | 'destroy';
}

/** How assets leave. */
export class DispositionPolicySection {
  /** In this order. */
  @Optional() @NestedList(() => DispositionRuleSection)
  rules?: DispositionRuleSection[];

  /** Channels of `notifications.channels`. */
  @Optional() @TextList(filled)
  notify?: string[];
}

/** A condition of one's own that somebody should hear of. */
export class PolicyRuleSection {
  /** Shown in the notice. */
  @Required() @Text(filled)
  name!: string;

  /** Condition over the asset's facts. */
  @Required() @Condition()
  when!: string;

  /** Channels of `notifications.channels`. */
  @Optional() @TextList(filled)
  notify?: string[];
}

/** What somebody should be told of, or must decide. */
export class PoliciesSection {
  /** Warranties that end (`warranty_expires_on`). */
  @Optional() @Nested(() => DuePolicySection)
  warranty?: DuePolicySection;

  /** Support and sale that end (`support_ends_on`, `end_of_life_on`). */
  @Optional() @Nested(() => DuePolicySection)
  endOfLife?: DuePolicySection;

  /** Contracts to renew. */
  @Optional() @Nested(() => DuePolicySection)
  contracts?: DuePolicySection;

  /** Licences. */
  @Optional() @Nested(() => LicencePolicySection)
  licences?: LicencePolicySection;

  /** Vulnerabilities. */
  @Optional() @Nested(() => VulnerabilityPolicySection)
  vulnerabilities?: VulnerabilityPolicySection;

  /** Disposition. */
  @Optional() @Nested(() => DispositionPolicySection)
  disposition?: DispositionPolicySection;

  /** Rules of one's own. */
  @Optional() @NestedList(() => PolicyRuleSection)
  rules?: PolicyRuleSection[];
}

/** One way to tell somebody. */
export class ChannelSection {
  /** Which keys are needed follows from it: `url`, for e-mail `smtp`, `from` and `to`. */
  @Required() @Choice(CHANNEL_TYPES)
  type!: (typeof CHANNEL_TYPES)[number];

  /** Where to post: https, at a public address. Never shown: who knows it can post there too. */
  @Optional() @Text(httpUrl)
  url?: string;

  /** Signs what a webhook posts (standard-webhooks): `whsec_` and base64, or any other text as it is. */
  @Optional() @Text(filled)
  secret?: string;

  /** The receiver runs on this very machine: `url` names a loopback address and may be http; nothing else is reached then. */
  @Optional() @IsBoolean()
  loopback?: boolean;

  /** The mail server, e.g. `smtps://user:${env:SMTP_PASSWORD}@mail.example.com:465`. */
  @Optional() @Text(smtpUrl)
  smtp?: string;

  /** Sender of mails. */
  @Optional() @Text(filled)
  from?: string;

  /** Receivers of mails. */
  @Optional() @TextList(filled)
  to?: string[];
}

/** Which events go where. */
export class NotificationRuleSection {
  /** Events; absent: all. */
  @Optional() @ChoiceList(EVENTS)
  on?: string[];

  /** Only of these sources. */
  @Optional() @TextList(filled)
  sources?: string[];

  /** Only from this severity on. */
  @Optional() @Choice(NOTICE_SEVERITIES)
  minSeverity?: NoticeSeverity;

  /** Channels of `notifications.channels`. */
  @Required() @TextList(filled)
  to!: string[];

  /** Gather notices for so long and send them as one. */
  @Optional() @Text(duration)
  digest?: string;
}

/** Whom to tell, and how. */
export class NotificationsSection {
  /** Name -> a way to tell somebody. */
  @Optional() @RecordOf(() => ChannelSection, { what: 'bad name', expected: 'letters, digits, ".", "_" and "-"', pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/ })
  channels?: Record<string, ChannelSection>;

  /** Which events go where. Every rule that fits counts; without rules nobody is told. */
  @Optional() @NestedList(() => NotificationRuleSection)
  rules?: NotificationRuleSection[];

  /** What still stands is told again after so long, until somebody acknowledges it. */
  @Optional() @Text(duration)
  repeatAfter?: string;

  /** What went away counts as over after so long without coming back. */
  @Optional() @Text(duration)
  settleFor?: string;
}

/** Signing in through an identity provider. */
export class OidcSection {
  /** The provider's issuer URL. */
  @Required() @Text(httpUrl)
  issuer!: string;

  /** The audience that tokens must name. */
  @Required() @Text(filled)
  audience!: string;

  /** For signing in to the console. */
  @Optional() @Text(filled)
  clientId?: string;

  /** For signing in to the console. */
  @Optional() @Text(filled)
  clientSecret?: string;

  /** The claim that names a person's groups. */
  @Optional() @Text(filled)
  rolesClaim?: string;

  /** Role -> the groups that have it. */
  @Optional() @RecordOf(listOf(text(filled)), { what: 'unknown role', expected: `one of ${ROLES.join(', ')}, or ingest:<source>`, pattern: new RegExp(`^(${ROLES.join('|')}|ingest:.+)$`) })
  roles?: Record<string, string[]>;
}

/** Keys, people and their rights. */
export class SecuritySection {
  /** Encrypts what must be stored secret: 32 bytes as base64 or hex. */
  @Optional() @Text(filled)
  encryptionKey?: string;

  /** Signing in through an identity provider. */
  @Optional() @Nested(() => OidcSection)
  oidc?: OidcSection;

  /** Held sets are released by two people. */
  @Optional() @IsBoolean()
  twoPersonRule?: boolean;

  /** Tokens end after so long. */
  @Optional() @Text(duration)
  tokenLifetime?: string;
}

/** How long what was used is kept. The change log stays for ever. */
export class RetentionSection {
  /** Raw versions kept of each record. */
  @Optional() @IsInt() @Min(1)
  rawVersions?: number;

  /** Mapped versions of records. */
  @Optional() @Text(duration)
  versions?: string;

  /** Deliveries received. */
  @Optional() @Text(duration)
  inbox?: string;

  /** Attempts to push. */
  @Optional() @Text(duration)
  attempts?: string;
}

