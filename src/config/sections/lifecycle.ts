import { Choice, ChoiceList, Condition, Nested, NestedList, Optional, RecordOf, Required, Text, TextList, either, listOf, oneOf } from '../decorators.js';
import { duration, filled, transition } from '../formats.js';
import { LIFECYCLE_STAGES } from '../../../connectors/sdk/contract/index.js';

/** Transitions of the life cycle beyond the built-in ones, or fewer. */
export class TransitionsSection {
  /** Allowed besides, as `retired -> in_use`. */
  @Optional() @TextList(transition)
  add?: string[];

  /** Not allowed any more. */
  @Optional() @TextList(transition)
  remove?: string[];
}

/** A rule that moves assets by facts. */
export class LifecycleRuleSection {
  /** Shown with each move that the rule makes. */
  @Required() @Text(filled)
  name!: string;

  /** Condition over the asset's facts, e.g. `stage = 'acquired' and first_seen_by('discovery')`. */
  @Required() @Condition()
  when!: string;

  /** The stage to move to. */
  @Required() @Choice(LIFECYCLE_STAGES)
  to!: string;

  /** Only from these stages. Absent: from any that the condition allows. */
  @Optional() @ChoiceList(LIFECYCLE_STAGES)
  from?: string[];

  /** Protected stages that this rule may leave. Absent: none. */
  @Optional() @ChoiceList(LIFECYCLE_STAGES)
  leavesProtected?: string[];
}

/** Who may move assets through their life, and by which rules. */
export class LifecycleSection {
  /** Source -> which stages it may move assets to: all, none or a list. Absent: sources of role itsm all, others none. */
  @Optional() @RecordOf(either(oneOf(['all', 'none']), listOf(oneOf(LIFECYCLE_STAGES))))
  speakers?: Record<string, 'all' | 'none' | string[]>;

  /** Changes to the built-in table of transitions. */
  @Optional() @Nested(() => TransitionsSection)
  transitions?: TransitionsSection;

  /** Stages that rules never leave unless they say so. */
  @Optional() @ChoiceList(LIFECYCLE_STAGES)
  protected?: string[];

  /** Of two contrary moves within this time the higher source's alone counts. */
  @Optional() @Text(duration)
  tieWindow?: string;

  /** Rules beside the built-in ones. */
  @Optional() @NestedList(() => LifecycleRuleSection)
  rules?: LifecycleRuleSection[];
}
