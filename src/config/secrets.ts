import { findReferences, userInfoOf } from './references.js';
import { nearest } from './nearest.js';

/** Keys whose values are secrets wherever they stand: a literal is refused there, and none is ever shown. */
export const SECRET_KEYS: ReadonlySet<string> = new Set([
  'password', 'clientSecret', 'apiKey', 'apiToken', 'token', 'secret', 'previousSecret', 'secretAccessKey', 'sessionToken', 'encryptionKey',
]);

/** `key` of a `webhook.auth` entry is a shared key too; anywhere else it is a plain word. */
export function isSecretKey(key: string, path: string): boolean {
  return SECRET_KEYS.has(key) || (key === 'key' && /\.webhook\.auth(?:\[\d+\])?$/.test(path.slice(0, -'.key'.length)));
}

/** A secret's key, or one that was probably meant to be: its value is not shown either. */
export function mayBeSecret(key: string, path: string): boolean {
  return isSecretKey(key, path) || soundsSecret(key);
}

const SOUNDS = new Map<string, boolean>();
/** Asked for every key of every line that is shown, so remembered. */
function soundsSecret(key: string): boolean {
  let sounds = SOUNDS.get(key);
  if (sounds === undefined) {
    // `missingPasses` counts.
    sounds = key === 'key' || /pass(?!es$)|secret|token|credential|private/i.test(key) || nearest(key, SECRET_KEYS) !== undefined;
    if (SOUNDS.size < 10_000) SOUNDS.set(key, sounds);
  }
  return sounds;
}

/** What stands literally where only a reference may: undefined when nothing does. A non-empty default is a literal too. */
export function literalSecret(text: string): 'text' | 'default' | undefined {
  const { references, findings } = findReferences(text);
  if (findings.length) return undefined;                                 // told as a bad reference
  if (references.some(({ fallback }) => fallback !== undefined && fallback !== '')) return 'default';
  let rest = text;
  for (const { start, end } of references.toReversed()) rest = rest.slice(0, start) + rest.slice(end);
  return rest === '' && (references.length > 0 || text === '') ? undefined : 'text';
}

/** The password of a URL, raw as it stands, with its place in the text. */
export function passwordOf(text: string): { readonly start: number; readonly raw: string } | undefined {
  const info = userInfoOf(text, findReferences(text).references);
  if (!info) return undefined;
  const { references } = findReferences(text);
  for (let at = info.start; at < info.end; at++) {
    const inside = references.find(({ start, end }) => start <= at && at < end);
    if (inside) { at = inside.end - 1; continue; }
    if (text[at] === ':') return { start: at + 1, raw: text.slice(at + 1, info.end) };
  }
  return undefined;
}

/** Parts that cannot be read in two ways, and a bounded scheme: linear on any text. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^/\s:@'"]{0,500}:)((?:[^/\s'"$]|\$(?!\{)|\$\{(?![^}]*\})|\$\{[^}]*\})+)(?=@)/gi;

/** A text in which no password of a URL is left; references without a default are no passwords. */
export function withoutPasswords(text: string): string {
  return text.replace(URL_PASSWORD, (_, before: string, password: string) => before + (/^\$\{[^}]*\}$/.test(password) && !/:-./.test(password) ? password : '***'));
}
