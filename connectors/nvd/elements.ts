type ListState = 'not yet' | 'first' | 'element' | 'comma' | 'inside' | 'over';

/** What a file of NVD's holds beside its list. */
export interface Envelope {
  readonly [member: string]: unknown;
}

/** The text is not what it should be; the message says where. */
export class MalformedJsonError extends Error {
  override readonly name = 'MalformedJsonError';
}

/** The largest known record (a kernel CVE) has under 1 MB. */
const MOST_ELEMENT = 16 * 1024 * 1024;
const MOST_ENVELOPE = 1024 * 1024;
const MOST_DEPTH = 64;
const TAIL = 200;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * The elements of one list of a large JSON object, each parsed by itself: a yearly feed has some 100 MB, of which one
 * record is held at a time. The members beside the list are returned at the end, parsed as JSON with the list emptied,
 * so that a cut or torn file is noticed. Written for this because streaming parsers are not meant for files from
 * elsewhere, and because what is long (text, depth) must end rather than fill the memory.
 */
export async function* elementsOf(chunks: AsyncIterable<Uint8Array>, member: string): AsyncGenerator<unknown, Envelope> {
  const opening = new RegExp(`"${member}"\\s*:\\s*$`);
  const envelope: Buffer[] = [];
  let envelopeLength = 0;
  /** The end of the envelope so far, in which the list's name must stand when a list opens. */
  let tail: Buffer = Buffer.alloc(0);
  let element: Buffer[] = [];
  let elementLength = 0;
  let count = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** In the list: what may come between its elements. */
  let list = 'not yet' as ListState;

  const keep = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    if (list === 'inside') {
      elementLength += bytes.length;
      if (elementLength > MOST_ELEMENT) throw new MalformedJsonError(`record ${count + 1} is longer than ${MOST_ELEMENT} bytes`);
      element.push(bytes);
    } else {
      envelopeLength += bytes.length;
      if (envelopeLength > MOST_ENVELOPE) throw new MalformedJsonError(`more than ${MOST_ENVELOPE} bytes beside '${member}'`);
      envelope.push(bytes);
      tail = Buffer.concat([tail, bytes.subarray(-TAIL)]).subarray(-TAIL);
    }
  };

  for await (const piece of chunks) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (list === 'first' || list === 'element' || list === 'comma') {
        start = at + 1; // nothing between the elements is kept
        if (isBlank(byte)) continue;
        if (byte === 0x5d && list !== 'element') { // ]
          list = 'over';
          depth -= 1;
          start = at;
        } else if (byte === COMMA && list === 'comma') list = 'element';
        else if (byte === 0x7b && list !== 'comma') { // {
          list = 'inside';
          depth += 1;
          start = at;
        } else throw new MalformedJsonError(`unexpected '${String.fromCharCode(byte)}' after record ${count}`);
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === 0x7b || byte === 0x5b) { // { [
        depth += 1;
        if (depth > MOST_DEPTH) throw new MalformedJsonError(`nested deeper than ${MOST_DEPTH}`);
        if (byte === 0x5b && depth === 2 && list === 'not yet') {
          keep(chunk.subarray(start, at));
          start = at;
          if (opening.test(tail.toString('utf8'))) {
            keep(chunk.subarray(at, at + 1));
            start = at + 1;
            list = 'first';
          }
        }
      } else if (byte === 0x7d || byte === 0x5d) { // } ]
        depth -= 1;
        if (list === 'inside' && depth === 2) {
          keep(chunk.subarray(start, at + 1));
          start = at + 1;
          count += 1;
          const bytes = Buffer.concat(element);
          element = [];
          elementLength = 0;
          list = 'comma';
          yield parse(bytes, `record ${count}`);
        }
      }
    }
    // Copied, for the decompressor may use its buffer again.
    keep(Buffer.from(chunk.subarray(start)));
  }
  if (list === 'not yet' && depth === 0 && envelopeLength > 0) {
    parse(Buffer.concat(envelope), 'the file');
    throw new MalformedJsonError(`there is no list '${member}'`);
  }
  if (list !== 'over' || depth !== 0) throw new MalformedJsonError(count === 0 ? 'it ends before its list' : `it ends after record ${count}, before its list does`);
  return parse(Buffer.concat(envelope), 'what stands beside the list') as Envelope;
}

function parse(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new MalformedJsonError(`${what} is not JSON`, { cause });
  }
}
