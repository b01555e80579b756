import { describe, shorten, under, type Located, type LocatedScalar } from './located.js';
import { nearest } from './nearest.js';
import { problemAt, type ConfigProblem, type Finding } from './problem.js';
import { findReferences, userInfoOf, type References } from './references.js';
import { isSecretKey, literalSecret, passwordOf, withoutPasswords } from './secrets.js';
import type { Shape } from './shape.js';

export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Nothing was given (`key:` alone): as if the key were not there. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'faulty'; readonly problems: readonly ConfigProblem[]; readonly wrongType?: boolean };

/** Single values: references replaced, secrets noted, type and form judged. */
export class ScalarReader {
  /** Every value of a secret that was met, for the redactor. */
  readonly secrets = new Set<string>();

  /** `folderOf`: where relative paths in that file start. */
  constructor(private readonly references: References, private readonly folderOf: (file: string) => string) {}

  isReference(node: Located): boolean {
    return node.kind === 'scalar' && typeof node.value === 'string' && findReferences(node.value).references.length > 0;
  }

  shown(node: Located): string { return withoutPasswords(describe(node)); }

  read(shape: Shape, node: LocatedScalar, path: string, key: string): Outcome {
    if (shape.kind === 'text' && shape.raw) return typeof node.value === 'string' ? { kind: 'value', value: node.value } : this.wrong(shape, node, path, node.value);
    const got = this.resolve(node, path, key);
    if (got.kind !== 'value') return got;
    const value = this.cast(shape, got.value as string | number | boolean, got.whole);
    return this.judge(shape, value, node, path, got.whole || got.partly);
  }

  /** `streams: "${env:STREAMS}"`: values separated by commas. */
  readList(of: Shape, node: LocatedScalar, path: string, key: string): Outcome {
    const got = this.resolve(node, path, key);
    if (got.kind !== 'value') return got;
    const items = String(got.value).split(',').map((item) => item.trim()).filter((item) => item !== '');
    const outcomes = items.map((item, index) => this.judge(of, this.cast(of, item, true), node, under(path, index), true));
    const wrong = outcomes.flatMap((outcome) => (outcome.kind === 'faulty' ? outcome.problems : []));
    if (wrong.length) return { kind: 'faulty', problems: wrong };
    return { kind: 'value', value: outcomes.flatMap((outcome) => (outcome.kind === 'value' ? [outcome.value] : [])) };
  }

  readAny(node: LocatedScalar, path: string, key: string): Outcome {
    const got = this.resolve(node, path, key);
    return got.kind === 'value' ? { kind: 'value', value: got.value } : got;
  }

  private resolve(node: LocatedScalar, path: string, key: string): (Outcome & { readonly kind: 'absent' | 'faulty' }) | { readonly kind: 'value'; readonly value: unknown; readonly whole: boolean; readonly partly: boolean } {
    const isSecret = isSecretKey(key, path);
    const { value } = node;
    if (isSecret && (typeof value !== 'string' || literalSecret(value) !== undefined)) {
      const isDefault = typeof value === 'string' && literalSecret(value) === 'default';
      return this.faulty(node, path, { what: 'literal secret', found: isDefault ? 'a literal default' : 'a literal value', expected: 'a reference such as ${env:NAME} or ${file:/path}', hint: 'keep secrets out of this file, and change this one: it may have been seen' });
    }
    if (typeof value !== 'string') return { kind: 'value', value, whole: false, partly: false };
    const password = passwordOf(value);
    if (password && password.raw !== '' && literalSecret(password.raw) !== undefined) {
      return this.faulty(node, path, { what: 'literal secret', found: 'a literal password in a URL', expected: 'a reference such as ${env:NAME} in its place' }, password.start);
    }
    const resolved = this.references.resolve(value, this.folderOf(node.place.file));
    if (!resolved.ok) return { kind: 'faulty', problems: resolved.findings.map((finding) => problemAt(node.within(finding.offset), path, finding)) };
    if (resolved.unset) return { kind: 'faulty', problems: [] };
    const whole = resolved.values.length === 1 && /^\$\{[^}]*\}$/.test(value);
    if (isSecret) {
      if (resolved.text === '' && key !== 'previousSecret') return this.faulty(node, path, { what: 'empty secret', found: 'a reference that gives an empty text', expected: 'a value behind it' });
      if (resolved.text === '') return { kind: 'absent' };
      this.secrets.add(resolved.text);
    }
    this.notePassword(resolved.text);
    return { kind: 'value', value: resolved.text, whole, partly: resolved.values.length > 0 };
  }

  /** The password of a URL is a secret in every spelling in which it may show up again. */
  private notePassword(text: string): void {
    const info = userInfoOf(text, []);
    if (!info) return;
    const [, ...rest] = text.slice(info.start, info.end).split(':');
    const password = rest.join(':');
    if (password === '') return;
    this.secrets.add(password);
    try {
      this.secrets.add(decodeURIComponent(password));
    } catch {
      // A stray % is no escape: the raw spelling, noted above, is the only one.
    }
  }

  /** A scalar that is one whole reference takes the type that its key expects. */
  private cast(shape: Shape, value: string | number | boolean, whole: boolean): string | number | boolean {
    if (!whole || typeof value !== 'string') return value;
    if (shape.kind === 'number' && /^-?\d+(\.\d+)?$/.test(value.trim())) return Number(value);
    if (shape.kind === 'boolean' && Object.hasOwn(TRUTHS, value.trim().toLowerCase())) return TRUTHS[value.trim().toLowerCase()]!;
    return value;
  }

  private judge(shape: Shape, value: string | number | boolean, node: LocatedScalar, path: string, referred: boolean): Outcome {
    switch (shape.kind) {
      case 'text': {
        if (typeof value !== 'string') return this.wrong(shape, node, path, value);
        if (shape.values && !shape.values.includes(value)) {
          return this.faulty(node, path, { what: 'unknown value', found: this.shown(node), expected: `one of ${shape.values.join(', ')}`, suggestion: referred ? undefined : nearest(value, shape.values) });
        }
        const verdict = shape.format?.judge(value);
        if (!verdict) return { kind: 'value', value };
        const { offset, ...finding } = verdict;
        const full: Finding = { what: 'bad value', found: this.shown(node), expected: shape.format!.expected, ...finding };
        return referred
          ? this.faulty(node, path, { what: full.what, found: `${this.shown(node)}, whose value does not fit`, expected: shape.format!.expected })
          : this.faulty(node, path, full, offset);
      }
      case 'number':
        if (typeof value !== 'number' || !Number.isFinite(value)) return this.wrong(shape, node, path, value);
        return shape.whole && !Number.isInteger(value) ? this.wrong(shape, node, path, value) : { kind: 'value', value };
      case 'boolean': return typeof value === 'boolean' ? { kind: 'value', value } : this.wrong(shape, node, path, value);
      case 'any': return { kind: 'value', value };
      default: return this.wrong(shape, node, path, value);
    }
  }

  private wrong(shape: Shape, node: LocatedScalar, path: string, value: string | number | boolean | null): Outcome {
    const finding: Finding = {
      what: 'wrong type', found: this.isReference(node) ? `${this.shown(node)}, whose value does not fit` : this.shown(node), expected: expectedOf(shape),
      ...this.mend(shape, node, value),
    };
    return { ...this.faulty(node, path, finding), wrongType: true };
  }

  private mend(shape: Shape, node: LocatedScalar, value: string | number | boolean | null): { suggestion?: string | undefined; hint?: string } {
    if (this.isReference(node)) return {};
    if (shape.kind === 'text' && typeof value !== 'string') {
      const quoted = shape.values?.find((known) => known === node.source);
      if (shape.format?.name.includes('Duration')) return { hint: `say the unit: ${shorten(node.source)}s, ${shorten(node.source)}m, ${shorten(node.source)}h or ${shorten(node.source)}d` };
      return quoted === undefined ? { hint: `put it in quotes: "${shorten(node.source)}"` } : { suggestion: quoted };
    }
    if (typeof value !== 'string') return {};
    if (shape.kind === 'boolean' && Object.hasOwn(TRUTHS, value.toLowerCase())) return { suggestion: String(TRUTHS[value.toLowerCase()]) };
    if (shape.kind === 'number' && /^-?\d+(\.\d+)?$/.test(value)) return { hint: 'leave the quotes away' };
    if (shape.kind === 'number' && /^\d+(\.\d+)?%$/.test(value)) return { suggestion: String(Number(value.slice(0, -1)) / 100) };
    return {};
  }

  private faulty(node: LocatedScalar, path: string, finding: Finding, offset?: number): Outcome & { readonly kind: 'faulty' } {
    return { kind: 'faulty', problems: [problemAt(offset === undefined ? node.place : node.within(offset), path, finding)] };
  }
}

const TRUTHS: Readonly<Record<string, boolean>> = { true: true, yes: true, on: true, y: true, false: false, no: false, off: false, n: false };

function expectedOf(shape: Shape): string {
  switch (shape.kind) {
    case 'text': return shape.format?.expected ?? (shape.values ? `one of ${shape.values.join(', ')}` : 'a text');
    case 'number': return shape.whole ? 'a whole number' : 'a number';
    case 'boolean': return 'true or false';
    case 'list': return 'a list';
    default: return 'a map';
  }
}
