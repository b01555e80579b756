/** Characters that could forge a line or steer a terminal, in text that others wrote. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** One line, safe to print, at most `most` characters. */
export function plain(value: unknown, most = 200): string {
  const text = String(value).replace(CONTROLS, ' ').replace(/\p{Surrogate}/gu, '\uFFFD');
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** An attribute's value for a person. */
export function valueText(value: unknown, most = 80): string {
  if (value === null || value === undefined) return '(empty)';
  if (typeof value === 'string') return value === '' ? '""' : plain(value, most);
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : plain(value.join(', '), most);
  if (typeof value === 'object') return plain(Object.entries(value).map(([key, each]) => `${key}=${String(each)}`).join(', ') || '(none)', most);
  return plain(value, most);
}

/** `2026-11-03 10:12Z`: the same for everybody who reads it. */
export function timeText(iso: string | null | undefined): string {
  return iso ? `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z` : '-';
}

/** `4 s`, `3 min`, `2 h 5 min`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}` : `${Math.round(hours / 24)} d`;
}

/** `5 min ago`, `in 2 h`. */
export function agoText(iso: string | null | undefined, now: number): string {
  if (!iso) return 'never';
  const ms = now - Date.parse(iso);
  return ms >= 0 ? `${spanText(ms)} ago` : `in ${spanText(-ms)}`;
}

/** `1,204`. */
export const numberText = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `1 review`, `3 reviews`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${numberText(n)} ${n === 1 ? one : many}`;

export const indent = (text: string, by = '  '): string => text.split('\n').map((line) => (line === '' ? line : by + line)).join('\n');
