/**
 * Takes secret values out of text, in every spelling in which they travel: as they are, percent-encoded (URL, form),
 * JSON-escaped (once and twice), base64 at any offset (Basic authentication holds `user:password`), base64url, hex, and
 * multi-line keys line by line. Loggers know paths; only this knows values.
 */
export interface Redactor {
  (text: string): string;
  /** Values learnt later, such as tokens. Kept to the latest 500, for tokens are renewed for ever. */
  add(...secrets: readonly (string | undefined)[]): void;
  /** The same over a whole structure: keys, values, errors with their causes. Cycles and depth are cut. */
  deep(value: unknown): unknown;
}

export const REDACTED = '[redacted]';

/** Shorter ones would black out ordinary text; the configuration refuses such secrets anyway where it can. */
const LEAST_SECRET = 4;
/** A part of a secret (a key's line, a base64 core) shorter than this is no longer telling. */
const LEAST_PART = 8;
const MOST_LEARNT = 500;
const MOST_DEPTH = 12;

/** Credentials that are recognised by their looks, whoever they belong to. */
const CREDENTIAL_SHAPES = /\b(Basic|Bearer|Token|SSWS)(\s+|%20)[A-Za-z0-9+/=._~%-]{8,}/g;
const USER_INFO = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi;

const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The characters of base64(prefix + secret + suffix) that depend on the secret alone, for the three alignments. */
function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64').replace(/=+$/, '');
    const head = before === 0 ? 0 : before + 1;
    // The last characters change with what follows unless the bytes fill whole groups of three.
    const rest = (before + bytes.length) % 3;
    const tail = rest === 0 ? 0 : 1;
    return encoded.slice(head, encoded.length - tail);
  });
}

function encodeSafely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text; // a lone surrogate has no percent-encoding, so it cannot travel in one either
  }
}

/** Every spelling of one secret. */
function spellings(secret: string): string[] {
  const forms = new Set<string>();
  const add = (text: string, least: number): void => {
    if (text.length >= least) forms.add(text);
  };
  const wholes = [secret, secret.trim()];
  if (/[\r\n]/.test(secret)) {
    wholes.push(secret.replace(/\r\n/g, '\n'), secret.replace(/\r?\n/g, '\r\n'), secret.replace(/\r?\n/g, ''), secret.replace(/\r?\n/g, ' '));
    for (const line of secret.split(/\r?\n/)) {
      const bare = line.trim();
      if (!/^-----(BEGIN|END) /.test(bare)) add(bare, LEAST_PART);
    }
  }
  for (const whole of wholes) {
    add(whole, LEAST_SECRET);
    const json = jsonEscaped(whole);
    add(json, LEAST_SECRET);
    add(jsonEscaped(json), LEAST_SECRET);
    add(json.replace(/\//g, '\\/'), LEAST_SECRET);
    add(json.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`), LEAST_SECRET);
    const url = encodeSafely(whole);
    add(url, LEAST_SECRET);
    add(url.replace(/%[0-9A-F]{2}/g, (c) => c.toLowerCase()), LEAST_SECRET);
    const strict = url.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
    add(strict, LEAST_SECRET);
    add(strict.replace(/%20/g, '+'), LEAST_SECRET);
    add(encodeSafely(url), LEAST_SECRET);
    add(whole.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;'), LEAST_SECRET);
    for (const core of base64Cores(whole)) {
      add(core, LEAST_PART);
      add(core.replace(/\+/g, '-').replace(/\//g, '_'), LEAST_PART);
      add(encodeSafely(core), LEAST_PART);
    }
    const hex = Buffer.from(whole, 'utf8').toString('hex');
    add(hex, LEAST_PART);
    add(hex.toUpperCase(), LEAST_PART);
  }
  return [...forms];
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** Longest first, so that a spelling that holds another goes whole. One expression for all. */
function compile(forms: Iterable<string>): RegExp | undefined {
  const sorted = [...new Set(forms)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return sorted.length === 0 ? undefined : new RegExp(sorted.map(escapeRegExp).join('|'), 'g');
}

export function createRedactor(secrets: readonly (string | undefined)[] = []): Redactor {
  const fixed = new Set<string>();
  const learnt = new Map<string, readonly string[]>();
  let pattern: RegExp | undefined;
  let stale = true;

  for (const secret of secrets) if (typeof secret === 'string') for (const form of spellings(secret)) fixed.add(form);

  const redact = (text: string): string => {
    if (stale) {
      pattern = compile([...fixed, ...[...learnt.values()].flat()]);
      stale = false;
    }
    const known = pattern === undefined ? text : text.replace(pattern, REDACTED);
    return known.replace(CREDENTIAL_SHAPES, `$1 ${REDACTED}`).replace(USER_INFO, `$1${REDACTED}@`);
  };

  const deep = (value: unknown, depth: number, seen: WeakSet<object>): unknown => {
    if (typeof value === 'string') return redact(value);
    if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value;
    if (value instanceof Date) return value;
    if (seen.has(value)) return '[circular]';
    if (depth > MOST_DEPTH) return '[deep]';
    seen.add(value);
    try {
      if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
      if (Array.isArray(value)) return value.map((entry) => deep(entry, depth + 1, seen));
      if (value instanceof Map) return deep([...value.entries()], depth + 1, seen);
      if (value instanceof Set) return deep([...value.values()], depth + 1, seen);
      const copy: Record<string, unknown> = Object.create(null);
      if (value instanceof Error) {
        copy['name'] = value.name;
        copy['message'] = redact(value.message);
        if (value.stack !== undefined) copy['stack'] = redact(value.stack);
        if (value.cause !== undefined) copy['cause'] = deep(value.cause, depth + 1, seen);
      }
      for (const [key, entry] of Object.entries(value)) copy[redact(key)] = deep(entry, depth + 1, seen);
      return copy;
    } finally {
      seen.delete(value);
    }
  };

  return Object.assign(redact, {
    add(...more: readonly (string | undefined)[]): void {
      for (const secret of more) {
        if (typeof secret !== 'string' || secret.length < LEAST_SECRET) continue;
        if (learnt.has(secret)) continue;
        learnt.set(secret, spellings(secret));
        while (learnt.size > MOST_LEARNT) learnt.delete(learnt.keys().next().value as string);
        stale = true;
      }
    },
    deep: (value: unknown): unknown => deep(value, 0, new WeakSet()),
  });
}
