import type { Redactor } from './redact.js';

const MOST_WORDS = 500;
/** Keys under which vendors put what went wrong, in the order in which they are read. */
const KEYS = ['error', 'errors', 'errorMessages', 'error_description', 'error_message', 'message', 'Message', 'detail', 'details', 'title', 'description', 'reason', 'code', 'fault', 'faultstring'];

function collect(value: unknown, into: string[], depth: number): void {
  if (depth > 4 || into.length > 8) return;
  if (typeof value === 'string') {
    if (value.trim() !== '' && !into.includes(value)) into.push(value);
  } else if (Array.isArray(value)) {
    for (const entry of value.slice(0, 5)) collect(entry, into, depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of KEYS) if (Object.hasOwn(value, key)) collect((value as Record<string, unknown>)[key], into, depth + 1);
  }
}

/** Characters that could forge a line of a log or steer a terminal. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Half a character pair has no place in UTF-8: shown as U+FFFD. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');

/** One line of text that is safe to print: redacted before it is cut, so that a cut never leaves half a secret. */
export function printable(text: string, redact: Redactor, most = MOST_WORDS): string {
  const line = wellFormed(redact(text.slice(0, 20_000)).replace(CONTROLS, ' ').replace(/\s+/g, ' ').trim());
  return line.length <= most ? line : `${wellFormed(line.slice(0, most - 1))}…`;
}

/** What the vendor says of its refusal, out of JSON, HTML or plain text; undefined where it says nothing. */
export function vendorWords(text: string, redact: Redactor): string | undefined {
  const start = text.trimStart();
  const found: string[] = [];
  if (start.startsWith('{') || start.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(text);
      collect(parsed, found, 0);
      if (found.length === 0 && Array.isArray(parsed)) for (const entry of parsed.slice(0, 3)) collect(entry, found, 1);
    } catch {
      // not JSON after all: its text is shown as it is
    }
  }
  const plain = found.length > 0 ? found.join(': ') : start.startsWith('<') ? textOfHtml(start) : start;
  const words = printable(plain, redact);
  return words === '' ? undefined : words;
}

function textOfHtml(html: string): string {
  return html.slice(0, 20_000).replace(/<(script|style)\b[\s\S]{0,10000}?<\/\1>/gi, ' ').replace(/<[^>]{0,2000}>/g, ' ');
}
