import type { Delivery } from '../contract/index.js';
import { hasBasic, hasHeader, hmacOf, isSame, isSigned, isTimely, jsonBody } from './index.js';

const delivery = (headers: Record<string, string>): Delivery => ({ headers, query: {}, body: Buffer.alloc(0) });
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

it.each`
  given       | right       | same
  ${'secret'} | ${'secret'} | ${true}
  ${'secre'}  | ${'secret'} | ${false}
  ${'secretX'} | ${'secret'} | ${false}
  ${''}       | ${'secret'} | ${false}
  ${''}       | ${''}       | ${true}
`('$given against $right: $same', ({ given, right, same }) => expect(isSame(given, right)).toBe(same));

it('gives the MAC that RFC 4231 gives (test case 2)', () => {
  expect(hmacOf('sha256', 'Jefe', ['what do ya want ', Buffer.from('for nothing?')]).toString('hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
});

it('takes neither an absent signature nor an empty secret', () => {
  const sign = (secret: string): string => (secret === '' ? '' : `of ${secret}`);
  expect(isSigned({ method: 'x', secret: 'a', previousSecret: 'b' }, 'of b', sign)).toBe(true);
  expect(isSigned({ method: 'x', secret: 'a', previousSecret: '' }, '', sign)).toBe(false);
  expect(isSigned({ method: 'x', secret: 'a' }, undefined, () => '')).toBe(false);
  expect(isSigned({ method: 'x' }, 'of undefined', sign)).toBe(false);
});

it.each`
  sent                            | taken
  ${basic('user:pass:word')}      | ${true}
  ${basic('user:pass:wor')}       | ${false}
  ${`${basic('user:pass:word')}=`} | ${false}
  ${'Bearer x'}                   | ${false}
  ${undefined}                    | ${false}
`('by Basic, $sent: $taken', ({ sent, taken }) => expect(hasBasic(delivery(sent === undefined ? {} : { authorization: sent }), { method: 'basic', username: 'user', password: 'pass:word' })).toBe(taken));

it('takes a token beyond ASCII in both spellings that senders use', () => {
  const auth = { method: 'header', token: 'clé' };
  expect(hasHeader(delivery({ 'x-token': 'clé' }), 'X-Token', auth)).toBe(true);
  expect(hasHeader(delivery({ 'x-token': Buffer.from('clé').toString('latin1') }), 'X-Token', auth)).toBe(true);
  expect(hasHeader(delivery({ 'x-token': 'cle' }), 'X-Token', auth)).toBe(false);
  expect(hasHeader(delivery({ 'x-token': '' }), 'X-Token', { method: 'header', token: '' })).toBe(false);
});

it('includes both ends of the window', () => {
  const window = { pastMs: 300, aheadMs: 60 };
  expect([699, 700, 1_060, 1_061].map((at) => isTimely(at, 1_000, window))).toEqual([false, true, true, false]);
});

it('reads JSON in UTF-8 to a depth of 64, with brackets in texts left alone', () => {
  expect(jsonBody(Buffer.from('{"a":"[[[\\"["}'))).toEqual({ ok: true, value: { a: '[[["[' } });
  expect(jsonBody(Buffer.from(`${'['.repeat(64)}${']'.repeat(64)}`)).ok).toBe(true);
  expect(jsonBody(Buffer.from(`${'['.repeat(65)}${']'.repeat(65)}`))).toEqual({ ok: false, because: 'the body is nested deeper than 64' });
  expect(jsonBody(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ ok: false, because: 'the body is not UTF-8' });
  expect(jsonBody(Buffer.from(`"${'['.repeat(100)}"`)).ok).toBe(true);
});
