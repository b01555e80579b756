import { IsIn, IsOptional } from 'class-validator';
import { IsHttpAddress, isHttpAddress, readOptions } from './index.js';

class AcmeOptions {
  @IsOptional() @IsIn(['fast', 'slow']) pace = 'slow';
  @IsOptional() @IsHttpAddress() authUrl?: string;
}

describe('options', () => {
  it('take their defaults and values', () => {
    expect(readOptions(AcmeOptions, undefined)).toEqual({ options: expect.objectContaining({ pace: 'slow' }), problems: [] });
    expect(readOptions(AcmeOptions, { pace: 'fast', authUrl: 'http://127.0.0.1:99' }).options).toMatchObject({ pace: 'fast', authUrl: 'http://127.0.0.1:99' });
  });

  it('name every problem', () => {
    expect(readOptions(AcmeOptions, { pace: 'warp', authUrl: 'https://u:p@x', extra: 1 }).problems).toEqual([
      expect.objectContaining({ path: 'extra', expected: 'no such option' }),
      expect.objectContaining({ path: 'pace', found: 'warp' }),
      expect.objectContaining({ path: 'authUrl', expected: expect.stringContaining('without credentials') }),
    ]);
    expect(readOptions(AcmeOptions, 'text').problems).toEqual([{ path: '', found: 'text', expected: 'an object' }]);
  });

  it.each([['https://a.example', true], ['http://127.0.0.1:8', true], ['https://a.example/x', true], ['ftp://a', false], ['https://a?x=1', false], ['a.example', false], [5, false], ['javascript:alert(1)', false]])('address %p: %p', (value, good) => {
    expect(isHttpAddress(value)).toBe(good);
  });
});
