import { IsIn, IsInt } from 'class-validator';
import { Nested, Optional, RecordOf, Required } from '../decorators.js';
import { DatabaseSection, EnvironmentSection, QueueSection, ServerSection } from './connection.js';
import { LifecycleSection } from './lifecycle.js';
import { AuthoritySection, IdentitySection, ReferencesSection } from './model.js';
import { NotificationsSection, PoliciesSection, RetentionSection, SecuritySection } from './operation.js';
import { SourceSection } from './source.js';

/** `external_ref` is written `source/stream/id`, and `role:` marks a role: so neither sign can be part of a name. */
export const SOURCE_NAME = { what: 'bad name of a source', expected: 'letters, digits, ".", "_" and "-", beginning with a letter or digit, at most 63', pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/ } as const;

/** Configuration of Lockstep. Values may refer to the environment (`${env:NAME}`, `${env:NAME:-default}`) and to files (`${file:/path}`); secrets must. */
export class RootSection {
  /** The version of this format. */
  @Required() @IsInt() @IsIn([1])
  version!: number;

  /** Which installation this is. */
  @Optional() @Nested(() => EnvironmentSection)
  environment?: EnvironmentSection;

  /** Where Lockstep keeps its model. */
  @Optional() @Nested(() => DatabaseSection)
  database?: DatabaseSection;

  /** The queue between several processes. Absent: jobs run in this process. */
  @Optional() @Nested(() => QueueSection)
  queue?: QueueSection;

  /** The service's own address. */
  @Optional() @Nested(() => ServerSection)
  server?: ServerSection;

  /** Name -> a system to read, and perhaps to write to. */
  @Required() @RecordOf(() => SourceSection, SOURCE_NAME)
  sources!: Record<string, SourceSection>;

  /** How records of several sources become one asset. */
  @Optional() @Nested(() => IdentitySection)
  identity?: IdentitySection;

  /** The same place or person spelled differently. */
  @Optional() @Nested(() => ReferencesSection)
  references?: ReferencesSection;

  /** Which source may set which attribute. */
  @Optional() @Nested(() => AuthoritySection)
  authority?: AuthoritySection;

  /** Who may move assets through their life, and by which rules. */
  @Optional() @Nested(() => LifecycleSection)
  lifecycle?: LifecycleSection;

  /** What somebody should be told of, or must decide. */
  @Optional() @Nested(() => PoliciesSection)
  policies?: PoliciesSection;

  /** Whom to tell, and how. */
  @Optional() @Nested(() => NotificationsSection)
  notifications?: NotificationsSection;

  /** Keys, people and their rights. */
  @Optional() @Nested(() => SecuritySection)
  security?: SecuritySection;

  /** How long what was used is kept. */
  @Optional() @Nested(() => RetentionSection)
  retention?: RetentionSection;
}
