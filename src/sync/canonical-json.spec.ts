import fc from 'fast-check';
import { canonicalJson, contentHash } from './canonical-json.js';

it('is JSON', () => fc.assert(fc.property(fc.jsonValue(), (value) => expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value))))));

it('does not look at the order of keys', () => {
  expect(canonicalJson({ b: 1, a: { d: [1, 2], c: null } })).toBe(canonicalJson({ a: { c: null, d: [1, 2] }, b: 1 }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

it('leaves out what JSON cannot hold, and keeps the digits of large integers', () => {
  expect(canonicalJson({ a: undefined, b: () => 1, c: 9_007_199_254_740_993n, d: new Date(0) })).toBe('{"c":"9007199254740993","d":"1970-01-01T00:00:00.000Z"}');
});

it('gives different contents different hashes', () => expect(contentHash('{"a":1}')).not.toBe(contentHash('{"a":2}')));
