import { AuthenticationError, ConflictError, InterruptedError, NotFoundError, PermissionError, ProtocolError, RateLimitedError, RejectedError, UnavailableError } from '../../sdk/contract/index.js';
import { beforeSending, outcomeOf } from './outcome.js';

const request = { source: 'halo', method: 'POST', url: '/api/Asset' };
const caused = (code: string): UnavailableError => new UnavailableError('no answer', request, { cause: Object.assign(new Error(code), { code }) });

it.each([
  ['no right', new PermissionError('403', request), { kind: 'refused', error: { code: 'permission', hint: expect.stringContaining('edit:assets') } }],
  ['a tag that is taken', new RejectedError('400', request, { vendorWords: 'Asset tag must be unique' }), { kind: 'refused', error: { hint: expect.stringContaining('another asset has this tag'), vendorWords: 'Asset tag must be unique' } }],
  ['a status', new RejectedError('400', request, { vendorWords: 'This status is not allowed for this asset type.' }), { kind: 'refused', error: { hint: expect.stringContaining('options.statuses') } }],
  ['anything else', new RejectedError('400', request), { kind: 'refused', error: { hint: expect.stringContaining('its own words') } }],
  ['an asset that is gone', new NotFoundError('404', request), { kind: 'gone' }],
  ['a conflict', new ConflictError('409', request), { kind: 'conflict' }],
  ['throttling', new RateLimitedError(12_000, request), { kind: 'retry', afterMs: 12_000 }],
  ['a name that does not resolve', caused('ENOTFOUND'), { kind: 'retry' }],
  ['a broken connection', caused('ECONNRESET'), { kind: 'unknown' }],
  ['a server error', new UnavailableError('502', { ...request, status: 502 }), { kind: 'unknown' }],
  ['an answer that is none', new ProtocolError('a page', request), { kind: 'unknown' }],
])('%s ends as it must', (_what, error, outcome) => {
  expect(outcomeOf(error)).toMatchObject(outcome);
});

it('throws what concerns more than one write', () => {
  for (const error of [new AuthenticationError('refused'), new InterruptedError('stopped'), new TypeError('a mistake of ours')]) {
    expect(() => outcomeOf(error)).toThrow(error);
    expect(() => beforeSending(error)).toThrow(error);
  }
});

it('has no doubt about a write where only reading failed', () => {
  expect(beforeSending(caused('ECONNRESET'))).toMatchObject({ kind: 'retry' });
  expect(beforeSending(new PermissionError('403', request))).toMatchObject({ kind: 'refused' });
  expect(() => beforeSending(new NotFoundError('404', request))).toThrow('404');
});
