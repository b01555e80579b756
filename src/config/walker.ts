import { plainToInstance } from 'class-transformer';
import { shorten, under, type Located, type LocatedEntry, type LocatedMap } from './located.js';
import { isNothing } from './overlay.js';
import { nearest } from './nearest.js';
import { problemAt, type ConfigProblem, type Finding, type Place } from './problem.js';
import { propertiesOf, restOf, type KeyRule, type SectionClass, type Shape } from './shape.js';
import { ScalarReader, type Outcome } from './scalar-reader.js';
import { mayBeSecret } from './secrets.js';
import { complaints } from './class-rules.js';

/** Where an instance of a section came from. */
export interface Origin { readonly map: LocatedMap; readonly path: string; readonly keyPlace: Place }

/** What a walk over a tree of places gives besides instances: problems, secrets, and the way back from an instance to its place. */
export class Walker {
  readonly problems: ConfigProblem[] = [];
  private readonly origins = new WeakMap<object, Origin>();

  constructor(private readonly scalars: ScalarReader, private readonly isLost: (from: Place, endLine: number | undefined) => boolean = () => false) {}

  originOf(instance: object): Origin {
    const origin = this.origins.get(instance);
    if (!origin) throw new Error('not read from a file');
    return origin;
  }
  entryOf(instance: object, key: string): LocatedEntry | undefined { return this.originOf(instance).map.entries.get(key); }
  /** What is as good as a secret though its key does not say so. */
  hide(...values: readonly string[]): void { for (const value of values) this.scalars.secrets.add(value); }
  report(place: Place, path: string, finding: Finding): void { this.problems.push(problemAt(place, path, finding)); }

  /** Reads a map as a section: known keys by their shapes, then the class's own rules over the whole instance. */
  section<T extends object>(of: new () => T, map: LocatedMap, path: string, keyPlace: Place): T {
    const properties = propertiesOf(of);
    const rest = restOf(of);
    const leaves: Record<string, unknown> = {};
    const branches: Record<string, unknown> = {};
    const faulty = new Set<string>();
    const needed = [...properties].filter(([key, { optional }]) => !optional && !map.entries.has(key)).map(([key]) => key);
    for (const { key, keyPlace: at, value: node } of map.entries.values()) {
      const here = under(path, key);
      const property = properties.get(key);
      const meant = property ? undefined : nearest(key, needed);
      if (meant !== undefined && nearest(key, properties.keys()) === meant) {     // one mistake: misspelled, not missing besides
        faulty.add(meant);
        this.unknownKey(key, [...properties.keys()], at, here);
        continue;
      }
      const shape = property?.shape ?? (rest && this.keyFits(key, rest.keys, at, here) ? rest.shape : undefined);
      if (!shape) {
        if (!rest) this.unknownKey(key, [...properties.keys()], at, here);
        continue;
      }
      const outcome = this.value(shape, node, here, key, at);
      if (outcome.kind === 'faulty') faulty.add(key);
      if (outcome.kind === 'value') (isLeaf(shape) ? leaves : branches)[key] = outcome.value;
    }
    const instance = Object.assign(plainToInstance(of, leaves, { exposeDefaultValues: true }), branches);
    this.origins.set(instance, { map, path, keyPlace });
    for (const [key, { optional }] of properties) {
      if (optional || faulty.has(key) || (instance as Record<string, unknown>)[key] !== undefined) continue;
      faulty.add(key);
      if (!this.isLost(keyPlace, map.endLine)) this.missing(key, map.entries.get(key), keyPlace, path);
    }
    this.obey(of, instance, map, path, faulty);
    return instance;
  }

  /** The rules that class-validator keeps: bounds, and what a connector's own options class demands. */
  private obey(of: SectionClass, instance: object, map: LocatedMap, path: string, faulty: ReadonlySet<string>): void {
    for (const { property, item, message } of complaints(of, instance, faulty)) {
      const entry = map.entries.get(property);
      const list = entry?.value.kind === 'list' ? entry.value : undefined;
      const node = (item !== undefined ? list?.items[item] : undefined) ?? entry?.value;
      const here = item !== undefined && list ? under(under(path, property), item) : under(path, property);
      const place = node ? (isNothing(node) ? entry!.keyPlace : node.place) : this.originOf(instance).keyPlace;
      this.report(place, here, { what: 'bad value', found: node ? this.shown(node, property, here) : 'nothing', expected: message });
    }
  }

  value(shape: Shape, node: Located, path: string, key: string, keyPlace: Place): Outcome {
    switch (shape.kind) {
      case 'any': return this.plain(node, path, key);
      case 'either': return this.either(shape.of, node, path, key, keyPlace);
      case 'null': return isNothing(node) ? { kind: 'value', value: null } : this.wrongType(shape, node, path, key);
      case 'list':
        if (node.kind === 'list') return this.list(shape.of, node.items, path, key);
        break;
      case 'record':
        if (node.kind === 'map') return this.record(shape.of, shape.keys, node, path);
        break;
      case 'section':
        if (node.kind === 'map') return { kind: 'value', value: this.section(shape.of(), node, path, keyPlace) };
        break;
      default:
        if (node.kind === 'scalar') return node.value === null ? { kind: 'absent' } : this.settle(this.scalars.read(shape, node, path, key));
    }
    if (isNothing(node)) return { kind: 'absent' };
    if (shape.kind === 'list' && node.kind === 'scalar' && this.scalars.isReference(node)) return this.settle(this.scalars.readList(shape.of, node, path, key));
    return this.wrongType(shape, node, path, key);
  }

  private settle(outcome: Outcome): Outcome {
    if (outcome.kind === 'faulty') this.problems.push(...outcome.problems);
    return outcome;
  }

  private list(of: Shape, items: readonly Located[], path: string, key: string): Outcome {
    const values: unknown[] = [];
    let sound = true;
    for (const [index, item] of items.entries()) {
      const here = under(path, index);
      const outcome = isNothing(item) ? this.wrongType(of, item, here, key) : this.value(of, item, here, key, item.place);
      if (outcome.kind === 'value') values.push(outcome.value);
      else sound = false;
    }
    return sound || of.kind === 'section' ? { kind: 'value', value: values } : { kind: 'faulty', problems: [] };
  }

  private record(of: Shape, keys: KeyRule | undefined, map: LocatedMap, path: string): Outcome {
    const values = Object.create(null) as Record<string, unknown>;
    for (const { key, keyPlace, value } of map.entries.values()) {
      const here = under(path, key);
      if (!this.keyFits(key, keys, keyPlace, here)) continue;
      if (isNothing(value) && of.kind === 'section') values[key] = this.section(of.of(), { kind: 'map', entries: new Map(), place: keyPlace }, here, keyPlace);
      const outcome = this.value(of, value, here, key, keyPlace);
      if (outcome.kind === 'value') values[key] = outcome.value;
    }
    return { kind: 'value', value: values };
  }

  /** The alternative that fits the kind of node; of several for a single value the first that takes it. */
  private either(shapes: readonly Shape[], node: Located, path: string, key: string, keyPlace: Place): Outcome {
    if (isNothing(node)) return shapes.some((shape) => shape.kind === 'null') ? { kind: 'value', value: null } : { kind: 'absent' };
    const fitting = flat(shapes).filter((shape) => node.kind === kindOf(shape) || shape.kind === 'any');
    if (node.kind !== 'scalar') return fitting[0] ? this.value(fitting[0], node, path, key, keyPlace) : this.wrongType({ kind: 'either', of: shapes }, node, path, key);
    let last: Outcome | undefined;
    for (const shape of fitting) {
      if (shape.kind === 'null') continue;
      const outcome = this.scalars.read(shape, node, path, key);
      if (outcome.kind !== 'faulty') return outcome;
      if (last === undefined || !outcome.wrongType) last = outcome;
    }
    if (!last) return this.wrongType({ kind: 'either', of: shapes }, node, path, key);
    if (last.kind === 'faulty' && last.wrongType && fitting.length > 1) return this.wrongType({ kind: 'either', of: shapes }, node, path, key);
    return this.settle(last);
  }

  /** Plain data of any shape; references and secrets are seen to all the same. */
  plain(node: Located, path: string, key: string): Outcome {
    if (node.kind === 'scalar') return node.value === null ? { kind: 'value', value: null } : this.settle(this.scalars.readAny(node, path, key));
    if (node.kind === 'list') return this.list({ kind: 'any' }, node.items, path, key);
    return this.record({ kind: 'any' }, undefined, node, path);
  }

  wrongType(shape: Shape, node: Located, path: string, key: string): Outcome {
    this.report(node.place, path, { what: 'wrong type', found: this.shown(node, key, path), expected: expectation(shape), hint: kindOf(shape) === 'map' && node.kind === 'scalar' && /^[\w.-]+ \S/.test(String(node.value)) ? 'is a ":" missing?' : undefined });
    return { kind: 'faulty', problems: [] };
  }

  /** For messages: the value as it stands, unless it may be a secret. */
  shown(node: Located, key: string, path: string): string {
    return mayBeSecret(key, path) && node.kind === 'scalar' && node.value !== null && !this.scalars.isReference(node) ? 'a literal value' : this.scalars.shown(node);
  }

  missing(key: string, entry: LocatedEntry | undefined, keyPlace: Place, path: string, expected = `a value for "${key}"`): void {
    this.report(entry?.keyPlace ?? keyPlace, under(path, key), { what: 'missing key', found: entry ? `"${key}" without a value` : `no "${key}"`, expected });
  }

  /** Gives the key that was probably meant. */
  unknownKey(key: string, known: readonly string[], place: Place, path: string, hint?: string): string | undefined {
    const suggestion = nearest(key, known);
    this.report(place, path, { what: 'unknown key', found: `"${shorten(key)}"`, expected: known.length ? `one of ${known.join(', ')}` : 'no key here', suggestion, hint });
    return suggestion;
  }

  keyFits(key: string, rule: KeyRule | undefined, place: Place, path: string): boolean {
    if (!rule || (rule.values ? rule.values.includes(key) : rule.pattern?.test(key) ?? true)) return true;
    this.report(place, path, { what: rule.what, found: `"${shorten(key)}"`, expected: rule.expected, suggestion: rule.values && nearest(key, rule.values) });
    return false;
  }
}


const flat = (shapes: readonly Shape[]): readonly Shape[] => shapes.flatMap((shape) => (shape.kind === 'either' ? flat(shape.of) : [shape]));

/** The class's own transformers see single values and lists of them; what is a section has been made one already. */
function isLeaf(shape: Shape): boolean {
  return shape.kind === 'text' || shape.kind === 'number' || shape.kind === 'boolean' || shape.kind === 'any' || (shape.kind === 'list' && isLeaf(shape.of));
}

function kindOf(shape: Shape): Located['kind'] {
  if (shape.kind === 'list') return 'list';
  return shape.kind === 'record' || shape.kind === 'section' ? 'map' : 'scalar';
}

export function expectation(shape: Shape): string {
  switch (shape.kind) {
    case 'text': return shape.format?.expected ?? (shape.values ? `one of ${shape.values.join(', ')}` : 'a text');
    case 'number': return shape.whole ? 'a whole number' : 'a number';
    case 'boolean': return 'true or false';
    case 'null': return 'nothing';
    case 'any': return 'a value';
    case 'list': return `a list: each item ${expectation(shape.of)}`;
    case 'record': return 'a map';
    case 'section': return `a map with ${[...propertiesOf(shape.of()).keys()].slice(0, 6).join(', ')}`;
    case 'either': return [...new Set(flat(shape.of).filter((one) => one.kind !== 'null').map(expectation))].join(', or ');
  }
}
