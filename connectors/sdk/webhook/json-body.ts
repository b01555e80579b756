/** Deeper is no vendor's event. */
const MOST_DEPTH = 64;

export type JsonBody = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly because: string };

/** A body as JSON in UTF-8, to be read only once the delivery is proved. Never throws. */
export function jsonBody(body: Uint8Array): JsonBody {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return { ok: false, because: 'the body is not UTF-8' };
  }
  if (isDeep(text)) return { ok: false, because: `the body is nested deeper than ${MOST_DEPTH}` };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false, because: text.trim() === '' ? 'the body is empty' : 'the body is not JSON' };
  }
}

function isDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '[' || char === '{') {
      depth++;
      if (depth > MOST_DEPTH) return true;
    } else if (char === ']' || char === '}') depth--;
  }
  return false;
}
