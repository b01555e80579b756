/** A parsed condition: plain data, comparable, printable. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'compare'; readonly op: CompareOp; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly values: readonly Literal[] }
  | { readonly kind: 'known'; readonly operand: NameRef | Call }
  | { readonly kind: 'matches'; readonly operand: NameRef | Call; readonly pattern: string }
  /** A name, call or `true`/`false` standing alone: holds when its value is `true`. */
  | { readonly kind: 'truth'; readonly operand: Operand };

export const COMPARE_OPS = ['=', '!=', '<', '<=', '>', '>='] as const;
export type CompareOp = (typeof COMPARE_OPS)[number];

export type Literal =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'duration'; readonly ms: number };
export interface NameRef { readonly kind: 'name'; readonly name: string }
export interface Call { readonly kind: 'call'; readonly name: string; readonly args: readonly (Literal | NameRef)[] }
export type Operand = Literal | NameRef | Call;

/** A value of a fact. A list is a set: a comparison holds when one member satisfies it. `null` (said to be empty) counts as unknown. */
export type FactValue = string | number | boolean | readonly string[] | null;

/** `day`: ISO 8601 date as text, so that order by code unit is order in time. `any`: not judged when loaded. */
export type ValueType = 'text' | 'number' | 'boolean' | 'duration' | 'day' | 'list' | 'any';

export interface NameSpec {
  readonly type: ValueType;
  /** All values that the name can take; a comparison with another one could never hold, so it is refused. */
  readonly values?: readonly string[];
}
export interface FunctionSpec {
  readonly args: readonly { readonly type: ValueType; readonly optional?: boolean; readonly values?: readonly string[] }[];
  readonly returns: ValueType;
  readonly about: string;
}

export interface ParseOptions {
  /** Names that exist; a key that ends in `.*` admits any name below. Absent: every name is admitted. */
  readonly names?: Readonly<Record<string, NameSpec>>;
  /** Names beside `names` are admitted on the left of an operator, unless they are a slip of a known one. */
  readonly open?: boolean;
  readonly functions: Readonly<Record<string, FunctionSpec>>;
  /** Tries a pattern of `matches`: the reason why it cannot be used, or undefined. Absent: patterns are not tried. */
  readonly compile?: (pattern: string) => string | undefined;
}

/** Where and why a text is no expression. `offset` counts UTF-16 units from the beginning of the text. */
export interface ExpressionProblem {
  readonly offset: number;
  readonly found: string;
  readonly expected: string;
  readonly suggestion?: string;
}
export type ParseResult =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/** What an expression is asked of. Must not throw. */
export interface Facts {
  /** `undefined`: nobody said. */
  get(name: string): FactValue | undefined;
  call(fn: string, args: readonly (FactValue | undefined)[]): FactValue | undefined;
  /** ms UTC. */
  readonly asOf: number;
  /** Is `assetClass` the class `ancestor` or one below it? */
  isA(assetClass: string, ancestor: string): boolean;
  /** A linear-time engine's verdict whether the pattern is found in the text. */
  matches(pattern: string, text: string): boolean;
}

/** Facts that also know when they came to be what they are: needed only to tell since when a condition holds. */
export interface DatedFacts extends Facts {
  /** ms UTC at which the name took its present value; undefined: not known. */
  since?(name: string): number | undefined;
  /** The same for a call whose value does not itself grow with time. */
  sinceCall?(fn: string, args: readonly (FactValue | undefined)[]): number | undefined;
}

export const MAX_LENGTH = 1_000;
export const MAX_DEPTH = 32;
