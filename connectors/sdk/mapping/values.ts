import { isIP } from 'node:net';

/**
 * Readers of raw values. Every one takes anything at all and gives a clean value or `undefined`: vendor data is hostile
 * input, and a wrong type must cost one attribute, never the record, never a throw. Empty text is `undefined`, "not
 * said"; where a vendor's empty text means "said to be empty", `said` tells them apart.
 */

/** C0 and C1 controls but tab and line feeds: NUL ends texts in some databases, the others steer terminals. */
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/g;

/** Text without control characters and lone surrogates, trimmed. A finite number is its shortest text. */
export function text(value: unknown): string | undefined {
  const raw = typeof value === 'string' ? value
    : typeof value === 'number' && Number.isFinite(value) ? String(value)
      : typeof value === 'bigint' ? value.toString() : undefined;
  if (raw === undefined) return undefined;
  const clean = raw.replace(/\r\n?/g, '\n').replace(CONTROLS, '').replace(/\p{Surrogate}/gu, '\uFFFD').trim();
  return clean === '' ? undefined : clean;
}

/** `null` where the key is there and empty (the vendor says: empty), else what `read` makes of it. */
export function said<T>(value: unknown, read: (value: unknown) => T | undefined): T | null | undefined {
  if (value === null || (typeof value === 'string' && value.trim() === '')) return null;
  return read(value);
}

/** A whole number, from a number or its plain text; a fraction is rounded. Outside of what is exact: absent. */
export function integer(value: unknown, least = 0): number | undefined {
  const plain = text(value);
  if (plain === undefined || plain.length > 32 || !/^[+-]?\d+(\.\d+)?$/.test(plain)) return undefined;
  const number = Math.round(Number(plain));
  return Number.isSafeInteger(number) && number >= least ? (number === 0 ? 0 : number) : undefined;
}

export function boolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const plain = text(value)?.toLowerCase();
  if (plain === 'true' || plain === '1' || plain === 'yes') return true;
  if (plain === 'false' || plain === '0' || plain === 'no') return false;
  return undefined;
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** The calendar day of a date or a date with time, as written: no zone is applied, for a day has none. */
export function day(value: unknown): string | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:[T ].{0,40})?$/.exec(text(value) ?? '');
  if (match === null) return undefined;
  const [, year, month, date] = match as unknown as [string, string, string, string];
  return isDate(Number(year), Number(month), Number(date)) ? `${year}-${month}-${date}` : undefined;
}

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d{2}:?\d{2})?)?$/;

/** ms UTC of an ISO 8601 date and time; without a zone it is read as UTC. A number is ms already. */
export function instant(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && Math.abs(value) <= 8.64e15 ? Math.round(value) : undefined;
  const match = INSTANT.exec(text(value) ?? '');
  if (match === null) return undefined;
  const part = (at: number): number => Number(match[at] ?? '0');
  if (!isDate(part(1), part(2), part(3)) || part(4) > 23 || part(5) > 59 || part(6) > 60) return undefined;
  const at = new Date(0);
  at.setUTCFullYear(part(1), part(2) - 1, part(3));
  at.setUTCHours(part(4), part(5), part(6), Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000));
  const zone = match[8];
  const offset = zone === undefined || /^z$/i.test(zone) ? 0
    : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
  return at.getTime() - offset * 60_000;
}

/** ms UTC of Unix seconds, number or text. */
export function epochSeconds(value: unknown): number | undefined {
  const seconds = Number(text(value) ?? NaN);
  return Number.isFinite(seconds) && Math.abs(seconds) <= 8.64e12 ? Math.round(seconds * 1000) : undefined;
}

/** Distinct texts of an array, or of a text cut at `separator`. In order of appearance. */
export function list(value: unknown, separator: RegExp | string = ','): string[] {
  const parts: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(separator) : [value];
  return [...new Set(parts.flatMap((part) => text(part) ?? []))];
}

const BETWEEN = /[\s,;|]+/;

/** MACs in lower case with colons, whichever of the usual spellings they come in; what is none is left out. */
export function macs(value: unknown): string[] {
  return [...new Set(list(value, BETWEEN).flatMap((entry) => {
    if (!/^[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}$|^([0-9a-f]{4}[.:-]){2}[0-9a-f]{4}$/i.test(entry)) return [];
    const hex = entry.replace(/[^0-9a-f]/gi, '').toLowerCase();
    return [hex.match(/../g)!.join(':')];
  }))];
}

/** IP addresses without prefix length and zone, lower case; what is none is left out. */
export function ips(value: unknown): string[] {
  return [...new Set(list(value, BETWEEN).flatMap((entry) => {
    const bare = entry.replace(/^\[(.*)\]$/, '$1').replace(/\/\d{1,3}$/, '').replace(/%.*$/, '').toLowerCase();
    return isIP(bare) === 0 ? [] : [bare];
  }))];
}

export function email(value: unknown): string | undefined {
  const plain = text(value)?.toLowerCase();
  return plain !== undefined && plain.length <= 320 && /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(plain) ? plain : undefined;
}

/** Lower case with dashes, from any usual spelling (bare, in braces, `42 1e 0c …`, `urn:uuid:`); what is none is absent. */
export function uuid(value: unknown): string | undefined {
  const bare = text(value)?.toLowerCase().replace(/^urn:uuid:/, '').replace(/[{}\s-]/g, '');
  if (bare === undefined || !/^[0-9a-f]{32}$/.test(bare)) return undefined;
  return `${bare.slice(0, 8)}-${bare.slice(8, 12)}-${bare.slice(12, 16)}-${bare.slice(16, 20)}-${bare.slice(20)}`;
}

export function currency(value: unknown): string | undefined {
  const plain = text(value)?.toUpperCase();
  return plain !== undefined && /^[A-Z]{3}$/.test(plain) ? plain : undefined;
}

/** ISO 4217: the currencies whose minor unit is not a hundredth. */
const MINOR_DIGITS: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
};

/**
 * An amount as an integer of minor units, by digits rather than by floating point (6962.91 -> 696291). Digits beyond
 * the minor unit are rounded half away from zero. A decimal comma is not guessed at: absent.
 */
export function minor(value: unknown, code?: string): number | undefined {
  const plain = text(value)?.replace(/^([+-]?\d{1,3})((?:,\d{3})+)(\.\d+)?$/, (all) => all.replace(/,/g, ''));
  const match = /^([+-]?)(\d{1,16})(?:\.(\d{1,20}))?$/.exec(plain ?? '');
  if (match === null) return undefined;
  const digits = MINOR_DIGITS[code ?? ''] ?? 2;
  const fraction = (match[3] ?? '').padEnd(digits + 1, '0');
  let units = BigInt(match[2]! + fraction.slice(0, digits));
  if (fraction.charCodeAt(digits) >= 0x35) units += 1n;
  const signed = Number(match[1] === '-' ? -units : units);
  return Number.isSafeInteger(signed) ? (signed === 0 ? 0 : signed) : undefined;
}

/** A property of something that may be anything. Own properties only. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
