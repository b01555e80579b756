import { Refusal } from './refusal.js';

export interface Filter { readonly name: string; readonly values: readonly string[] }

const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** The parameters of one Query request. Each is taken once; what nobody took is refused. */
export class Params {
  private readonly left: Map<string, string>;

  constructor(pairs: Iterable<readonly [string, string]>) {
    this.left = new Map();
    for (const [name, value] of pairs) {
      if (this.left.has(name)) throw new Refusal(400, 'InvalidParameterCombination', `The parameter ${name} was given more than once`);
      this.left.set(name, value);
    }
  }

  text(name: string): string | undefined {
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,10}$/.test(value)) throw new Refusal(400, 'InvalidParameterValue', `Value ( ${value} ) for parameter ${lower(name)} is invalid. Expecting an integer.`);
    return Number(value);
  }

  flag(name: string): boolean {
    const value = this.text(name);
    if (value !== undefined && value !== 'true' && value !== 'false') {
      throw new Refusal(400, 'InvalidParameterValue', `Value ( ${value} ) for parameter ${lower(name)} is invalid. Expecting true or false.`);
    }
    return value === 'true';
  }

  /** `InstanceId.1=…&InstanceId.2=…`, in the order of the numbers. */
  list(name: string): readonly string[] {
    return this.numbers(name, '').map((index) => this.text(`${name}.${index}`) as string);
  }

  /** `Filter.1.Name=…&Filter.1.Value.1=…` */
  filters(): readonly Filter[] {
    const filters = this.numbers('Filter', '.Name').map((index): Filter => {
      const name = this.text(`Filter.${index}.Name`) as string;
      const values = this.list(`Filter.${index}.Value`);
      if (values.length === 0) throw new Refusal(400, 'MissingParameter', `The request must contain the parameter Filter.${index}.Value`);
      return { name, values };
    });
    const values = filters.flatMap((filter) => filter.values);
    if (values.length > 200) throw new Refusal(400, 'FilterLimitExceeded', 'The maximum number of filter values specified on a single call is 200');
    if (values.some((value) => value.length > 255)) throw new Refusal(400, 'FilterLimitExceeded', 'The maximum length for a filter value is 255 characters');
    return filters;
  }

  /** `Tag.1.Key=…&Tag.1.Value=…`; a tag without a value has the empty one. */
  tags(): readonly { readonly Key: string; readonly Value: string }[] {
    return this.numbers('Tag', '.Key').map((index) => ({ Key: this.text(`Tag.${index}.Key`) as string, Value: this.text(`Tag.${index}.Value`) ?? '' }));
  }

  /** Call when everything known was taken. */
  done(): void {
    const [strange] = this.left.keys();
    if (strange !== undefined) throw new Refusal(400, 'UnknownParameter', `The parameter ${strange.split('.')[0]} is not recognized`);
  }

  private numbers(name: string, suffix: string): readonly number[] {
    const numbers: number[] = [];
    for (const key of this.left.keys()) {
      if (!key.startsWith(`${name}.`) || !key.endsWith(suffix)) continue;
      const middle = key.slice(name.length + 1, key.length - suffix.length);
      if (/^[1-9]\d{0,4}$/.test(middle)) numbers.push(Number(middle));
    }
    return numbers.sort((a, b) => a - b);
  }
}
