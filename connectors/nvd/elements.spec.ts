import fc from 'fast-check';
import { elementsOf, MalformedJsonError, type Envelope } from './elements.js';

async function read(text: string | Uint8Array, sizes: readonly number[] = [7]): Promise<{ readonly elements: unknown[]; readonly envelope: Envelope }> {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : Buffer.from(text);
  const chunks = (async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
      yield bytes.subarray(at, at + size);
      at += size;
    }
  })();
  const elements: unknown[] = [];
  const iterator = elementsOf(chunks, 'list');
  for (;;) {
    const { value, done } = await iterator.next();
    if (done === true) return { elements, envelope: value as Envelope };
    elements.push(value);
  }
}

it('gives what JSON.parse gives, however the bytes are cut', async () => {
  const value = fc.object({ key: fc.string({ unit: 'binary' }), values: [fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)], maxDepth: 3 });
  await fc.assert(fc.asyncProperty(
    fc.array(value, { maxLength: 6 }), fc.dictionary(fc.string().filter((key) => key !== 'list' && key !== '__proto__'), fc.jsonValue({ maxDepth: 3 })),
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }), fc.constantFrom(undefined, 1, '\t'), fc.boolean(),
    async (list, beside, sizes, space, first) => {
      const text = JSON.stringify(first ? { list, ...beside } : { ...beside, list }, null, space);

      const { elements, envelope } = await read(text, sizes);

      const whole = JSON.parse(text) as { list: unknown[] };
      expect(elements).toEqual(whole.list);
      expect(envelope).toEqual({ ...whole, list: [] });
    },
  ), { numRuns: 200 });
});

it('is not misled by the name in a text or deeper down', async () => {
  const text = '{"a":"\\"list\\":[{\\"x\\":1}]","b":{"list":[{"x":2}]},"c":["list",["list"]],"list" : [ {"x":3} ]}';

  expect((await read(text, [3])).elements).toEqual([{ x: 3 }]);
});

it('notices a file that was cut, wherever', async () => {
  const text = '{"format":"NVD_CVE","list":[{"a":"}]"},{"b":[1,2]}],"version":"2.0"}';

  for (let length = 1; length < text.length; length += 1) await expect(read(text.slice(0, length), [5])).rejects.toThrow(MalformedJsonError);
  expect((await read(text, [5])).elements).toHaveLength(2);
});

it.each`
  text                                         | words
  ${'{"list":[{"a":1},,{"a":2}]}'}             | ${"unexpected ','"}
  ${'{"list":[{"a":1}{"a":2}]}'}               | ${"unexpected '{'"}
  ${'{"list":[{"a":1},]}'}                     | ${"unexpected ']'"}
  ${'{"list":[1,2]}'}                          | ${"unexpected '1'"}
  ${'{"list":[{a:1}]}'}                        | ${'record 1 is not JSON'}
  ${'{"list":[{"a":1}],}'}                     | ${'beside the list'}
  ${'{"CVE_Items":[{"a":1}]}'}                 | ${"no list 'list'"}
  ${'[]'}                                      | ${"no list 'list'"}
  ${'<html></html>'}                           | ${'not JSON'}
  ${''}                                        | ${'ends before its list'}
`('refuses $text', async ({ text, words }) => expect(read(text)).rejects.toThrow(words));

it('ends what is deeper, or longer, than any honest file', async () => {
  await expect(read(`{"list":[{"a":${'['.repeat(100)}${']'.repeat(100)}}]}`, [64])).rejects.toThrow('nested deeper');
  await expect(read(`{"list":[{"a":"${'x'.repeat(17 * 1024 * 1024)}"}]}`, [65_536])).rejects.toThrow('longer than');
  await expect(read(`{"a":"${'x'.repeat(2 * 1024 * 1024)}","list":[]}`, [65_536])).rejects.toThrow('beside');
});
