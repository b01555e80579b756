import { gzipSync } from 'node:zlib';

export interface TarEntry { readonly name: string; readonly text: string }

const BLOCK = 512;
const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** A gzipped archive of small texts, in the ustar format of POSIX.1-1988. Names of at most 100 ASCII characters; `at`: ms UTC. */
export function tarGz(entries: readonly TarEntry[], at: number): Buffer {
  const parts = entries.flatMap(({ name, text }) => {
    const content = Buffer.from(text, 'utf8');
    return [headerOf(name, content.length, at), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

/** https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html, "ustar Interchange Format". */
function headerOf(name: string, size: number, at: number): Buffer {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new Error(`"${name}" is no name for an entry`);
  const header = Buffer.alloc(BLOCK);
  const put = (text: string, offset: number): void => void header.write(text, offset, 'latin1');
  put(name, 0);
  put(octal(0o600, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(size, 12), 124);
  put(octal(Math.floor(at / 1_000), 12), 136);
  put(' '.repeat(8), 148); // the checksum is taken over spaces in its own place
  put('0ustar\u000000', 156);
  put(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
