import { IsArray, IsDefined, IsIn, IsNumber, IsOptional, IsString, Max, Min, ValidateBy, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { setRest, setShape, type Format, type KeyRule, type SectionClass, type Shape } from './shape.js';

const all = (...decorators: PropertyDecorator[]): PropertyDecorator => (target, key) => { for (const decorate of decorators) decorate(target, key); };
const shaped = (shape: Shape): PropertyDecorator => (target, key) => setShape(target, String(key), shape);
const formatted = (format: Format, each: boolean): PropertyDecorator =>
  ValidateBy({ name: format.name, constraints: [format], validator: { validate: (value: unknown) => typeof value === 'string' && format.judge(value) === undefined, defaultMessage: () => `expected ${format.expected}` } }, { each });

/** The section cannot do without this key. */
export const Required = (): PropertyDecorator => IsDefined();
/** The key may be left out; what then holds stands in `config/defaults.yaml`. */
export const Optional = (): PropertyDecorator => IsOptional();

/** A text of a certain form. */
export const Text = (format: Format): PropertyDecorator => all(shaped({ kind: 'text', format }), IsString(), formatted(format, false));
export const TextList = (format: Format): PropertyDecorator => all(shaped({ kind: 'list', of: { kind: 'text', format } }), IsArray(), formatted(format, true));
export const Choice = (values: readonly string[]): PropertyDecorator => all(shaped({ kind: 'text', values }), IsIn([...values]));
export const ChoiceList = (values: readonly string[]): PropertyDecorator => all(shaped({ kind: 'list', of: { kind: 'text', values } }), IsArray(), IsIn([...values], { each: true }));
/** A share between 0 and 1. */
export const Ratio = (): PropertyDecorator => all(IsNumber(), Min(0), Max(1));
/** A condition of the bounded language; read as a whole once the rest of the configuration is known. */
export const Condition = (): PropertyDecorator => all(shaped({ kind: 'text', raw: true }), IsString());

export const Nested = (of: () => SectionClass): PropertyDecorator => all(shaped({ kind: 'section', of }), ValidateNested(), Type(of));
/** A list of sections. */
export const NestedList = (of: () => SectionClass): PropertyDecorator => all(shaped({ kind: 'list', of: { kind: 'section', of } }), IsArray(), ValidateNested({ each: true }), Type(of));
/** A map from names of the user's own to what the shape takes. */
export const RecordOf = (of: Shape | (() => SectionClass), keys?: KeyRule): PropertyDecorator =>
  shaped({ kind: 'record', of: typeof of === 'function' ? { kind: 'section', of } : of, ...(keys && { keys }) });
/** Anything else: says outright what is taken. */
export const Takes = (shape: Shape): PropertyDecorator => shaped(shape);

/** Keys that the class does not name are taken too, if they keep the rule. */
export const Rest = (of: Shape | (() => SectionClass), keys?: KeyRule): ClassDecorator =>
  (target) => setRest(target as unknown as SectionClass, typeof of === 'function' ? { kind: 'section', of } : of, keys);

export const text = (format?: Format): Shape => ({ kind: 'text', ...(format && { format }) });
export const oneOf = (values: readonly string[]): Shape => ({ kind: 'text', values });
export const listOf = (of: Shape): Shape => ({ kind: 'list', of });
export const recordOf = (of: Shape, keys?: KeyRule): Shape => ({ kind: 'record', of, ...(keys && { keys }) });
export const section = (of: () => SectionClass): Shape => ({ kind: 'section', of });
export const either = (...of: readonly Shape[]): Shape => ({ kind: 'either', of });
export const NULL: Shape = { kind: 'null' };
export const FLAG: Shape = { kind: 'boolean' };
export const NUMBER: Shape = { kind: 'number' };
/** A single value of any type. */
export const SCALAR: Shape = either(text(), NUMBER, FLAG);
