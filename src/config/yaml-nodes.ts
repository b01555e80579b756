import { isAlias, isMap, isNode, isScalar, isSeq, type Alias, type Document, type Node, type Scalar, type YAMLMap } from 'yaml';
import { problemAt, type ConfigProblem, type Place } from './problem.js';
import { offsetWithin } from './yaml-scalar.js';
import { mapOf, shorten, under, type Located, type LocatedEntry, type LocatedScalar } from './located.js';

export interface Conversion {
  readonly file: string;
  /** What was parsed: places within a scalar are found in it. */
  readonly text: string;
  readonly place: (offset: number) => Place;
  readonly maxDepth: number;
}

/** Values that aliases may bring in all: enough for sharing blocks, far from a bomb. */
const MAX_ALIASED = 10_000;

/** The parser's nodes to located data: aliases followed, `<<` merged, keys made text. */
export function toLocated(doc: Document.Parsed, conversion: Conversion): { readonly root?: Located; readonly problems: readonly ConfigProblem[] } {
  const converter = new Converter(doc, conversion);
  const root = converter.node(doc.contents, '', 0, { file: conversion.file, line: 1, column: 1 });
  return { ...(root && { root }), problems: converter.problems };
}

class Converter {
  readonly problems: ConfigProblem[] = [];
  private readonly open = new Set<Node>();
  private readonly anchors = new Map<string, Node[]>();
  private aliased = 0;
  private inAlias = 0;
  private exhausted = false;

  constructor(private readonly doc: Document.Parsed, private readonly conversion: Conversion) {}

  /** Undefined: told as a problem, to be left out. */
  node(node: unknown, path: string, depth: number, fallback: Place): Located | undefined {
    if (this.exhausted) return undefined;
    if (!isNode(node)) return nothing(fallback);
    const place = node.range ? this.conversion.place(node.range[0]) : fallback;
    if (this.inAlias > 0 && ++this.aliased > MAX_ALIASED) {
      this.exhausted = true;
      return this.refuse(place, path, 'too many aliases', `aliases that stand for more than ${MAX_ALIASED} values`, 'fewer');
    }
    if (depth > this.conversion.maxDepth) return this.refuse(place, path, 'nested too deeply', `more than ${this.conversion.maxDepth} levels`, `at most ${this.conversion.maxDepth} levels`);
    if (isAlias(node)) return this.alias(node, path, depth, place);
    if (isScalar(node)) return this.scalar(node, place);
    this.open.add(node);
    try {
      if (isSeq(node)) {
        const items = node.items.flatMap((item, index) => this.node(item, under(path, index), depth + 1, place) ?? []);
        return { kind: 'list', items, place };
      }
      if (isMap(node)) return mapOf(this.entries(node, path, depth, place), place, node.range ? this.conversion.place(node.range[2]).line : undefined);
    } finally {
      this.open.delete(node);
    }
    return this.refuse(place, path, 'bad YAML', 'a value of unknown kind', 'a text, number, list or map');
  }

  private entries(map: YAMLMap, path: string, depth: number, place: Place): LocatedEntry[] {
    const own = new Map<string, LocatedEntry>();
    const merged = new Map<string, LocatedEntry>();
    for (const pair of map.items) {
      const keyPlace = isNode(pair.key) && pair.key.range ? this.conversion.place(pair.key.range[0]) : place;
      const key = this.key(pair.key, path, keyPlace);
      if (key === undefined) continue;
      const here = under(path, key);
      if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
        this.merge(pair.value, path, depth, keyPlace, merged);
        continue;
      }
      const before = own.get(key);
      if (before) {
        this.problems.push(problemAt(keyPlace, here, { what: 'duplicate key', found: `"${shorten(key)}" for the second time`, expected: `each key once`, hint: `the first stands in line ${before.keyPlace.line}` }));
        continue;
      }
      const value = this.node(pair.value, here, depth + 1, keyPlace);
      if (value) own.set(key, { key, keyPlace, value });
    }
    for (const [key, entry] of merged) if (!own.has(key)) own.set(key, entry);
    return [...own.values()];
  }

  /** `<<: *base`: keys that the map does not have itself. */
  private merge(value: unknown, path: string, depth: number, place: Place, into: Map<string, LocatedEntry>): void {
    const base = this.node(value, path, depth + 1, place);
    const maps = base?.kind === 'list' ? base.items : base ? [base] : [];
    for (const map of maps) {
      if (map.kind !== 'map') this.problems.push(problemAt(place, path, { what: 'bad merge', found: '"<<" with something else than a map', expected: '"<<: *name" of a map' }));
      else for (const [key, entry] of map.entries) if (!into.has(key)) into.set(key, entry);
    }
  }

  private key(node: unknown, path: string, place: Place): string | undefined {
    const key = isAlias(node) ? this.target(node) : node;
    if (isScalar(key) && key.value !== null) return typeof key.value === 'string' ? key.value : key.source ?? String(key.value);
    const found = isScalar(key) || key === null || key === undefined ? 'an empty key' : 'a list or map as key';
    this.problems.push(problemAt(place, path, { what: 'bad key', found, expected: 'a name' }));
    return undefined;
  }

  private alias(alias: Alias, path: string, depth: number, place: Place): Located | undefined {
    const target = this.target(alias);
    if (!target) return this.refuse(place, path, 'unknown alias', `*${shorten(alias.source)} without an anchor before it`, `an earlier &${shorten(alias.source)}`);
    if (this.open.has(target)) return this.refuse(place, path, 'cycle of aliases', `*${shorten(alias.source)} inside of what it stands for`, 'an alias to something else');
    this.inAlias += 1;
    const value = this.node(target, path, depth, place);
    this.inAlias -= 1;
    return value;
  }

  /** The last anchor of that name before the alias. */
  private target(alias: Alias): Node | undefined {
    if (this.anchors.size === 0) this.collect(this.doc.contents);
    const at = alias.range?.[0] ?? Number.POSITIVE_INFINITY;
    return this.anchors.get(alias.source)?.findLast((node) => (node.range?.[0] ?? 0) < at);
  }

  private collect(root: unknown): void {
    const waiting: unknown[] = [root];
    const found: Node[] = [];
    while (waiting.length) {
      const node = waiting.pop();
      if (!isNode(node)) continue;
      if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) found.push(node);
      if (isSeq(node)) waiting.push(...node.items);
      if (isMap(node)) for (const pair of node.items) waiting.push(pair.key, pair.value);
    }
    found.sort((a, b) => (a.range?.[0] ?? 0) - (b.range?.[0] ?? 0));
    for (const node of found) {
      const name = (node as Scalar).anchor!;
      this.anchors.set(name, [...(this.anchors.get(name) ?? []), node]);
    }
  }

  private scalar(node: Scalar, place: Place): LocatedScalar {
    const source = node.source ?? String(node.value ?? '');
    const value = typeof node.value === 'bigint' ? Number(node.value) : node.value;
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null ? value : String(value);
    return { kind: 'scalar', value: plain, source, place, within: (offset) => this.conversion.place(offsetWithin(this.conversion.text, node, offset)) };
  }

  private refuse(place: Place, path: string, what: string, found: string, expected: string): undefined {
    this.problems.push(problemAt(place, path, { what, found, expected }));
    return undefined;
  }
}

const nothing = (place: Place): LocatedScalar => ({ kind: 'scalar', value: null, source: '', place, within: () => place });
