import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { MAX_FILE_BYTES } from './source-text.js';
import { nearMiss } from './nearest.js';
import type { Finding } from './problem.js';

export interface Reference {
  readonly start: number;
  readonly end: number;
  readonly kind: 'env' | 'file';
  /** Name of the variable, or path of the file. */
  readonly of: string;
  readonly fallback?: string;
}
export type Located<T> = T & { readonly offset: number };

const OPENING = /\$?\$\{/g;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Finds `${env:NAME}`, `${env:NAME:-default}` and `${file:/path}`; `$${` stands for a plain `${`. */
export function findReferences(text: string): { readonly references: readonly Reference[]; readonly findings: readonly Located<Finding>[] } {
  const references: Reference[] = [];
  const findings: Located<Finding>[] = [];
  OPENING.lastIndex = 0;
  for (let opening = OPENING.exec(text); opening; opening = OPENING.exec(text)) {
    if (opening[0] === '$${') continue;
    const start = opening.index;
    const end = text.indexOf('}', start) + 1;
    if (end === 0) {
      findings.push({ offset: start, what: 'bad reference', found: '"${" without "}"', expected: '${env:NAME} or ${file:/path}' });
      break;
    }
    OPENING.lastIndex = end;
    const inside = text.slice(start + 2, end - 1);
    const [, kind, rest] = /^([a-z]+):(.*)$/s.exec(inside) ?? [];
    if (kind === 'env') {
      const [name, ...fallback] = rest!.split(':-');
      if (!VARIABLE.test(name!)) findings.push({ offset: start, what: 'bad reference', found: 'a name that no variable can have', expected: '${env:NAME} or ${env:NAME:-default}' });
      else references.push({ start, end, kind, of: name!, ...(fallback.length > 0 && { fallback: fallback.join(':-') }) });
    } else if (kind === 'file') {
      if (rest === '') findings.push({ offset: start, what: 'bad reference', found: 'no path', expected: '${file:/path}' });
      else references.push({ start, end, kind, of: rest! });
    } else {
      findings.push({ offset: start, what: 'bad reference', found: VARIABLE.test(inside) ? `\${${inside}}` : 'an unknown kind of reference', expected: '${env:NAME}, ${env:NAME:-default} or ${file:/path}; a plain "${" is written "$${"', suggestion: VARIABLE.test(inside) ? `\${env:${inside}}` : undefined });
    }
  }
  return { references, findings };
}

export type Resolved =
  | { readonly ok: true; readonly text: string; /** Some part is unset, which this command bears. */ readonly unset: boolean; /** Values of the references, in order. */ readonly values: readonly string[] }
  | { readonly ok: false; readonly findings: readonly Located<Finding>[] };

export class References {
  private readonly files = new Map<string, { readonly value: string } | { readonly finding: Finding }>();

  constructor(private readonly env: Readonly<Record<string, string | undefined>>, private readonly required: boolean) {}

  /** Puts values in the places of references. `folder`: where relative `${file:}` paths start. */
  resolve(text: string, folder: string): Resolved {
    const { references, findings } = findReferences(text);
    const wrong: Located<Finding>[] = [...findings];
    const userInfo = userInfoOf(text, references);
    const values: string[] = [];
    let [out, at, unset] = ['', 0, false];
    for (const reference of references) {
      const got = reference.kind === 'env' ? this.variable(reference) : this.file(resolve(folder, reference.of));
      let value = '';
      if ('value' in got) value = got.value;
      else if (this.required) wrong.push({ offset: reference.start, ...got.finding });
      else { unset = true; value = text.slice(reference.start, reference.end); }
      values.push(value);
      const encoded = userInfo && reference.start >= userInfo.start && reference.end <= userInfo.end && 'value' in got ? encodeURIComponent(value) : value;
      out += unescaped(text.slice(at, reference.start)) + encoded;
      at = reference.end;
    }
    if (wrong.length) return { ok: false, findings: wrong };
    return { ok: true, text: out + unescaped(text.slice(at)), unset, values };
  }

  private variable({ of, fallback }: Reference): { readonly value: string } | { readonly finding: Finding } {
    const value = Object.hasOwn(this.env, of) ? this.env[of] : undefined;
    if (value !== undefined && (value !== '' || fallback === undefined)) return { value };
    if (fallback !== undefined) return { value: fallback };
    return { finding: { what: 'missing variable', found: `${of} not set`, expected: `the environment variable ${of}, or a default: \${env:${of}:-…}`, suggestion: nearMiss(of, Object.keys(this.env)) } };
  }

  private file(path: string): { readonly value: string } | { readonly finding: Finding } {
    const known = this.files.get(path);
    if (known) return known;
    const read = readValue(path);
    this.files.set(path, read);
    return read;
  }
}

const unescaped = (text: string): string => text.replaceAll('$${', '${');

function readValue(path: string): { readonly value: string } | { readonly finding: Finding } {
  const expected = 'a readable text file with the value';
  try {
    if (!statSync(path).isFile()) return { finding: { what: 'missing file', found: `no file at ${path}`, expected } };
    if (statSync(path).size > MAX_FILE_BYTES) return { finding: { what: 'file too large', found: `a file over ${MAX_FILE_BYTES} bytes`, expected } };
    return { value: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).replace(/\r?\n$/, '') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { finding: { what: 'missing file', found: `no file at ${path}`, expected } };
    return { finding: { what: 'file not readable', found: code?.startsWith('E') && !code.startsWith('ERR_') ? code : 'bytes that are no UTF-8', expected } };
  }
}

/** The part of a URL between `://` and the last `@` before its path: user and password. References count as one sign each. */
export function userInfoOf(text: string, references: readonly Reference[]): { readonly start: number; readonly end: number } | undefined {
  let masked = text;
  for (const { start, end } of references) masked = masked.slice(0, start) + 'x'.repeat(end - start) + masked.slice(end);
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(masked)?.[0].length;
  if (scheme === undefined) return undefined;
  const authority = /^[^/?#]*/.exec(masked.slice(scheme))![0];
  const at = authority.lastIndexOf('@');
  return at < 0 ? undefined : { start: scheme, end: scheme + at };
}
