import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { InterruptedError, ProtocolError, SourceConfigurationError, type Page, type PullFrom } from '../sdk/contract/index.js';
import type { NvdClient } from './client.js';
import { elementsOf, MalformedJsonError, type Envelope } from './elements.js';
import { cveOf, type NvdCve } from './raw.js';

const DEFAULT_PAGE = 500;
const MOST_PAGE = 2_000;
/** All of NVD has some 2 GB; one file that grows beyond is a bomb. */
const MOST_BYTES = 4 * 1024 * 1024 * 1024;

/** One file of the configuration. */
export interface Feed {
  readonly path: string;
  readonly name: string;
  /** SHA-256 of the decompressed JSON, upper-case hex, from the `.meta` beside it. */
  readonly sha256?: string;
  /** Changes with the file: its checksum, or else its size and time. */
  readonly fingerprint: string;
}

interface Token {
  readonly v: 1;
  readonly file: string;
  readonly fingerprint: string;
  /** Records of it that are done. */
  readonly done: number;
}

interface Cursor {
  readonly v: 1;
  /** Name -> fingerprint of what was read whole. */
  readonly files: { readonly [name: string]: string };
}

/** Files in the order of their names: the years first, then `modified` and `recent`, which may hold newer records of them. */
export async function feedsOf(client: NvdClient): Promise<readonly Feed[]> {
  const { source } = client.context;
  const feeds: Feed[] = [];
  for (const entry of client.files ?? []) {
    const path = resolve(source.folder, entry);
    const named = await orConfiguration(source.name, path, () => stat(path));
    const paths = named.isDirectory()
      ? (await orConfiguration(source.name, path, () => readdir(path))).filter((name) => /\.json(\.gz)?$/i.test(name)).map((name) => join(path, name))
      : [path];
    if (paths.length === 0) throw new SourceConfigurationError(`${source.name}: ${path} holds no *.json or *.json.gz`, undefined, { hint: 'Put the JSON 2.0 feeds there: https://nvd.nist.gov/vuln/data-feeds.' });
    for (const file of paths) {
      const { size, mtimeMs } = await orConfiguration(source.name, file, () => stat(file));
      const sha256 = await checksumBeside(file);
      feeds.push({ path: file, name: basename(file), ...(sha256 !== undefined && { sha256 }), fingerprint: sha256 ?? `${size}/${Math.trunc(mtimeMs)}` });
    }
  }
  const sorted = feeds.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const twice = sorted.find((feed, at) => sorted[at + 1]?.name === feed.name);
  if (twice !== undefined) throw new SourceConfigurationError(`${source.name}: options.files names ${twice.name} twice`, undefined, { hint: 'Files are told apart by their names: rename one, or name it once.' });
  return sorted;
}

async function orConfiguration<T>(source: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new SourceConfigurationError(`${source}: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message})`, undefined, {
      cause, hint: 'options.files is relative to the configuration file in which it stands.',
    });
  }
}

/** `nvdcve-2.0-2024.meta` stands beside `nvdcve-2.0-2024.json.gz`: five lines `key:value` with CRLF. */
async function checksumBeside(path: string): Promise<string | undefined> {
  let meta: string;
  try {
    meta = await readFile(path.replace(/\.json(\.gz)?$/i, '.meta'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return /^sha256:([0-9a-f]{64})\s*$/im.exec(meta)?.[1]?.toUpperCase();
}

/** Every file from its beginning; in an incremental pass only those that changed. Each file is looked at whole before a record of it is given. */
export async function* pullFiles(client: NvdClient, from: PullFrom): AsyncGenerator<Page<NvdCve>> {
  const size = Math.min(MOST_PAGE, Math.max(1, Math.trunc(from.pageSize ?? DEFAULT_PAGE)));
  const feeds = await feedsOf(client);
  const known = from.mode === 'incremental' ? (parsed<Cursor>(from.cursor)?.files ?? {}) : {};
  const resume = parsed<Token>(from.resume);
  const cursor = JSON.stringify({ v: 1, files: Object.fromEntries(feeds.map(({ name, fingerprint }) => [name, fingerprint])) } satisfies Cursor);
  const due = feeds.filter((feed) => (resume === undefined || feed.name >= resume.file) && (!Object.hasOwn(known, feed.name) || known[feed.name] !== feed.fingerprint));
  let held: { readonly records: readonly NvdCve[]; readonly at: Token } | undefined;

  for (const feed of due) {
    await verify(client, feed);
    // A file that changed since is read again from its beginning: what comes twice changes nothing.
    const skip = resume?.file === feed.name && resume.fingerprint === feed.fingerprint ? resume.done : 0;
    let done = 0;
    let records: NvdCve[] = [];
    for await (const entry of entriesOf(client, feed)) {
      done += 1;
      if (done <= skip) continue;
      records.push(cveOf(entry));
      if (records.length < size) continue;
      if (held !== undefined) yield { scope: '', records: held.records, next: JSON.stringify(held.at) };
      held = { records, at: { v: 1, file: feed.name, fingerprint: feed.fingerprint, done } };
      records = [];
    }
    if (records.length > 0) {
      if (held !== undefined) yield { scope: '', records: held.records, next: JSON.stringify(held.at) };
      held = { records, at: { v: 1, file: feed.name, fingerprint: feed.fingerprint, done } };
    }
  }
  // The last page is known only now: it carries the end.
  yield { scope: '', records: held?.records ?? [], next: null, ends: [{ scope: '', coverage: 'complete' }], cursor };
}

/** The checksum before anything is given: a torn copy must not be half believed. Costs a second decompression. */
export async function verify(client: NvdClient, feed: Feed): Promise<void> {
  if (feed.sha256 === undefined) return;
  const hash = createHash('sha256');
  try {
    for await (const chunk of bytesOf(client, feed)) hash.update(chunk);
  } catch (error) {
    throw unreadable(client, feed, error);
  }
  const actual = hash.digest('hex').toUpperCase();
  if (actual !== feed.sha256) {
    throw new ProtocolError(`${client.context.source.name}: ${feed.name} is not the file that its .meta speaks of (sha256 ${actual}, not ${feed.sha256})`, undefined, {
      hint: 'Fetch both again: the feed was cut, or only one of the two is new.',
    });
  }
}

/** Reads a file to its end, as a pass would. */
export async function countRecords(client: NvdClient, feed: Feed): Promise<number> {
  let count = 0;
  for await (const _entry of entriesOf(client, feed)) count += 1;
  return count;
}

async function* entriesOf(client: NvdClient, feed: Feed): AsyncGenerator<unknown> {
  const elements = elementsOf(bytesOf(client, feed), 'vulnerabilities');
  try {
    for (;;) {
      const { value, done } = await elements.next();
      if (done === true) return assertIsCve20(client, feed, value as Envelope);
      yield value;
    }
  } catch (error) {
    throw unreadable(client, feed, error);
  } finally {
    await elements.return({});
  }
}

/** https://nvd.nist.gov/vuln/data-feeds: the 1.1 feeds are retired, and of another shape. */
function assertIsCve20(client: NvdClient, feed: Feed, envelope: Envelope): void {
  if (envelope['format'] !== 'NVD_CVE' || envelope['version'] !== '2.0') {
    throw new ProtocolError(`${client.context.source.name}: ${feed.name} is not a CVE feed of version 2.0 (format ${JSON.stringify(envelope['format'])}, version ${JSON.stringify(envelope['version'])})`);
  }
}

async function* bytesOf(client: NvdClient, feed: Feed): AsyncGenerator<Buffer> {
  const { signal, source } = client.context;
  const file = createReadStream(feed.path);
  const stream = /\.gz$/i.test(feed.path) ? file.pipe(createGunzip()) : file;
  // pipe() does not pass errors on
  file.once('error', (error) => stream.destroy(error));
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (signal.aborted) throw new InterruptedError(`${source.name}: interrupted in ${feed.name}`);
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new MalformedJsonError(`more than ${MOST_BYTES} bytes`);
      yield chunk;
    }
  } finally {
    stream.destroy();
    file.destroy();
  }
}

function unreadable(client: NvdClient, feed: Feed, error: unknown): unknown {
  if (error instanceof InterruptedError || error instanceof ProtocolError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new ProtocolError(`${client.context.source.name}: ${feed.name} cannot be read: ${words}`, undefined, {
    cause: error, hint: 'Fetch it again, whole; it must be gzip (or plain) JSON 2.0.',
  });
}

function parsed<T>(json: string | undefined): T | undefined {
  try {
    const value: unknown = JSON.parse(json ?? 'null');
    return typeof value === 'object' && value !== null && (value as { v?: unknown }).v === 1 ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
