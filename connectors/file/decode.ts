import { createReadStream } from 'node:fs';

const BOMS: readonly (readonly [encoding: string, bytes: readonly number[]])[] = [['utf-8', [0xef, 0xbb, 0xbf]], ['utf-16le', [0xff, 0xfe]], ['utf-16be', [0xfe, 0xff]]];

/** The text of a file in pieces. A byte order mark decides; else `fallback`. Bytes that are no text become U+FFFD. */
export async function* textOf(path: string, fallback: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  const stream = createReadStream(path, { highWaterMark: 64 * 1024 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // the decoder drops the mark of its own encoding
    decoder ??= new TextDecoder(BOMS.find(([, bytes]) => bytes.every((byte, at) => chunk[at] === byte))?.[0] ?? fallback);
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield rest;
}
