import { readYaml } from './yaml-tree.js';
import type { Located } from './located.js';

const plain = (node: Located | undefined): unknown => {
  if (!node) return undefined;
  if (node.kind === 'map') return Object.fromEntries([...node.entries.values()].map(({ key, value }) => [key, plain(value)]));
  return node.kind === 'list' ? node.items.map(plain) : node.value;
};

describe('readYaml', () => {
  it.each`
    slip                       | text                                                   | at               | read
    ${'a tab'}                 | ${'a:\n\tb: 1\n  c: 2\nd: 3\n'}                        | ${['2:1']}       | ${{ a: { b: 1, c: 2 }, d: 3 }}
    ${'a tab before a block'}  | ${'a:\n  b:\n    c: 1\n\td:\n    e: 2\n'}              | ${['4:1']}       | ${{ a: { b: { c: 1 }, d: { e: 2 } } }}
    ${'too deep'}              | ${'a:\n  b: 1\n   c: 2\nd: 3\n'}                       | ${['3:4']}       | ${{ a: { b: 1, c: 2 }, d: 3 }}
    ${'too deep, with block'}  | ${'a:\n  b: 1\n   c:\n     e: 2\nd: 3\n'}              | ${['3:4']}       | ${{ a: { b: 1, c: { e: 2 } }, d: 3 }}
    ${'not deep enough'}       | ${'a:\n   b: 1\n  c: 2\n   d: 3\n'}                    | ${['3:3']}       | ${{ a: { b: 1, c: 2, d: 3 } }}
    ${'no closing quote'}      | ${'a: "open\nb: 3\n'}                                  | ${['1:4']}       | ${{ a: 'open', b: 3 }}
    ${'no closing bracket'}    | ${'a: [1, 2\nb: 3\n'}                                  | ${['1:9']}       | ${{ a: [1, 2], b: 3 }}
    ${'no closing brace'}      | ${'a: {x: 1\nb: 3\n'}                                  | ${['1:9']}       | ${{ a: { x: 1 }, b: 3 }}
    ${'a bracket too many'}    | ${'a: [1]]\nb: 2\n'}                                   | ${['1:7']}       | ${{ a: [1], b: 2 }}
    ${'no colon'}              | ${'a 1\nb: 2\n'}                                       | ${['1:1']}       | ${{ a: 1, b: 2 }}
    ${'no space'}              | ${'a:1\nb: 2\n'}                                       | ${['1:1']}       | ${{ a: 1, b: 2 }}
    ${'a colon too many'}      | ${'a: b: c\nd: 1\n'}                                   | ${['1:4']}       | ${{ a: 'b: c', d: 1 }}
    ${'reserved signs'}        | ${'a: @x\nb: `y\n'}                                    | ${['1:4', '2:4']} | ${{ a: '@x', b: '`y' }}
    ${'a tag'}                 | ${'a: !vault x\n'}                                     | ${['1:4']}       | ${{ a: 'x' }}
    ${'a second key'}          | ${'a: 1\na: 2\n'}                                      | ${['2:1']}       | ${{ a: 1 }}
    ${'number and text alike'} | ${'1: a\n"1": b\n'}                                    | ${['2:1']}       | ${{ 1: 'a' }}
    ${'an alias of nothing'}   | ${'a: *x\nb: 1\n'}                                     | ${['1:4']}       | ${{ b: 1 }}
    ${'an alias of itself'}    | ${'a: &x [*x]\n'}                                      | ${['1:8']}       | ${{ a: [] }}
    ${'none: anchors, merges'} | ${'a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: *x\n'}    | ${[]}            | ${{ a: { p: 1, q: 2 }, b: { q: 3, p: 1 }, c: { p: 1, q: 2 } }}
    ${'none: zeros are kept'}  | ${'007: a\n'}                                          | ${[]}            | ${{ '007': 'a' }}
  `('$slip', ({ text, at, read }: { text: string; at: string[]; read: unknown }) => {
    const { root, problems } = readYaml(text, 'f.yaml');

    expect(problems.map((problem) => `${problem.line}:${problem.column}`)).toEqual(at);
    expect(plain(root)).toEqual(read);
  });

  it('knows what could not be mended', () => {
    const { root, lost, problems } = readYaml('a: "x" y\n\nb:\n  c: 1\n', 'f.yaml');

    expect(lost).toEqual([1]);
    expect(problems).toHaveLength(1);
    expect(plain(root)).toEqual({ b: { c: 1 } });
  });

  it.each`
    style              | text                              | offset | at
    ${'plain'}         | ${'a: hello\n'}                   | ${2}   | ${'1:6'}
    ${'single quotes'} | ${"a: 'it''s x'\n"}               | ${5}   | ${'1:11'}
    ${'double quotes'} | ${'a: "\\u0041\\"b"\n'}           | ${2}   | ${'1:13'}
    ${'literal block'} | ${'a: |\n  one\n  two\n'}         | ${5}   | ${'3:4'}
    ${'folded block'}  | ${'a: >-\n  one\n  two\n'}        | ${5}   | ${'3:4'}
    ${'folded plain'}  | ${'a: one\n   two\n'}             | ${5}   | ${'2:5'}
  `('finds places within a text: $style', ({ text, offset, at }: { text: string; offset: number; at: string }) => {
    const value = readYaml(text, 'f.yaml').root!.entries.get('a')!.value;

    const place = value.kind === 'scalar' ? value.within(offset) : undefined;

    expect(`${place?.line}:${place?.column}`).toBe(at);
  });
});
