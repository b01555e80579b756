import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, type Zlib } from 'node:zlib';

/** The body is larger than allowed, or coded in a way that we do not read. Not worth another try. */
export class UnacceptableBodyError extends Error {
  override readonly name = 'UnacceptableBodyError';
}

/** Beyond this many decoded bytes a compression better than `MOST_RATIO` is taken for a bomb. */
const RATIO_FREE_BYTES = 8 * 1024 * 1024;
const MOST_RATIO = 100;

type Decoder = Transform & Zlib;

function decoderOf(encoding: string, first: number | undefined): Decoder | undefined {
  switch (encoding) {
    case '': case 'identity': return undefined;
    case 'gzip': case 'x-gzip': return createGunzip();
    // RFC 9110 says zlib, but raw deflate is sent under the same name: the first nibble tells.
    case 'deflate': return first !== undefined && (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
    case 'br': return createBrotliDecompress();
    default: throw new UnacceptableBodyError(`content encoding '${encoding}' is not understood`);
  }
}

/** Reads and decodes a body, counting both sides while it streams: a bomb is cut before it is held in memory. */
export async function readBody(stream: Readable, contentEncoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  const encodings = (contentEncoding ?? '').toLowerCase().split(',').map((e) => e.trim()).filter((e) => e !== '' && e !== 'identity');
  if (encodings.length > 1) { stream.destroy(); throw new UnacceptableBodyError('the answer is compressed more than once'); }
  return await new Promise<Uint8Array>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let decoded = 0;
    let decoder: Decoder | undefined;
    let begun = false;
    const fail = (error: unknown): void => {
      // first: destroying emits events that end here again
      reject(error instanceof Error ? error : new Error(String(error)));
      stream.destroy();
      decoder?.destroy();
    };
    const keep = (chunk: Buffer): void => {
      decoded += chunk.length;
      if (decoded > maxBytes) return fail(new UnacceptableBodyError(`the answer is larger than ${maxBytes} bytes`));
      if (decoder !== undefined && decoded > RATIO_FREE_BYTES && decoded > received * MOST_RATIO) {
        return fail(new UnacceptableBodyError(`the answer grows more than ${MOST_RATIO} times when decompressed`));
      }
      chunks.push(chunk);
    };
    const done = (): void => resolve(Buffer.concat(chunks));
    stream.on('error', fail);
    stream.on('aborted', () => fail(Object.assign(new Error('the connection was closed in the middle of the answer'), { code: 'ECONNRESET' })));
    stream.on('close', () => {
      if (!stream.readableEnded) fail(Object.assign(new Error('the connection was closed in the middle of the answer'), { code: 'ECONNRESET' }));
    });
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (!begun) {
        begun = true;
        try {
          decoder = decoderOf(encodings[0] ?? '', chunk[0]);
        } catch (error) {
          return fail(error);
        }
        decoder?.on('data', keep).on('end', done).on('error', fail);
      }
      if (decoder === undefined) return keep(chunk);
      if (!decoder.write(chunk)) {
        stream.pause();
        decoder.once('drain', () => stream.resume());
      }
    });
    stream.on('end', () => (decoder === undefined ? done() : decoder.end()));
  });
}

/** UTF-8 unless the content type names another charset that is known; broken bytes become U+FFFD, never a throw. */
export function decodeText(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = /charset\s*=\s*"?([A-Za-z0-9._:-]{1,40})/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder('utf-8').decode(bytes);
  }
}
