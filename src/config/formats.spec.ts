import fc from 'fast-check';
import { parseDuration, printDuration } from './durations.js';
import { address, cronOrDuration, databaseUrl, duration, durationOrNever, httpUrl, quietHours, rate, timeZone, transition } from './formats.js';
import type { Format } from './shape.js';

const FORMATS: Readonly<Record<string, Format>> = { address, cronOrDuration, databaseUrl, duration, durationOrNever, httpUrl, quietHours, rate, timeZone, transition };

describe('formats', () => {
  it.each`
    format              | good                                                                             | bad
    ${'duration'}       | ${['30s', '5m', '2h', '7d', '0s']}                                               | ${['', '30', '1 fortnight', '5M', '-1d', '1.5h', '1h30m', '٣d']}
    ${'durationOrNever'} | ${['never', '14d']}                                                             | ${['Never', 'always']}
    ${'cronOrDuration'} | ${['*/5 * * * *', '0 2 * * *', '0 0 1 1 *', '30 0 2 * * *', '15m', '0 9 * * 1-5']} | ${['* * *', '60 * * * *', '*/0 * * * *', '0 25 * * *', 'daily', '5', '0 0 32 * *']}
    ${'timeZone'}       | ${['UTC', 'Europe/Berlin', 'America/New_York']}                                  | ${['Mars/Olympus', '+02:00', '', 'Berlin']}
    ${'httpUrl'}        | ${['https://acme.example.com', 'http://127.0.0.1:8080/api']}                     | ${['acme.example.com', 'ftp://x.example.com', 'https://', 'https://a b']}
    ${'databaseUrl'}    | ${['sqlite:./x.db', 'sqlite:/var/x.db', 'mysql://u@h/db']}                       | ${['x.db', 'sqlite:', 'sqlite:///x', 'mysql://h', 'postgres://h/db']}
    ${'rate'}           | ${['500/h', '1/s']}                                                              | ${['500', '0/h', '5/w', '-1/h']}
    ${'quietHours'}     | ${['Mo-Fr 08:00-10:00', 'Sa,Su 00:00-24:00', '22:00-06:00', 'Mo,We-Fr 01:30-02:00']} | ${['Mon 08:00-10:00', '8:00-10:00', 'Mo 08:00', 'Mo 24:30-25:00', 'Fr 08:00-24:30']}
    ${'transition'}     | ${['retired -> in_use', 'acquired->deployed']}                                   | ${['retired', 'retired -> retired', 'retired -> gone', 'a -> b -> c']}
    ${'address'}        | ${['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']}                                 | ${['10.0.0', '10.0.0.0/33', 'host', '10.0.0.0/8/8']}
  `('$format', ({ format, good, bad }: { format: string; good: string[]; bad: string[] }) => {
    const { judge } = FORMATS[format]!;

    expect(good.filter((text) => judge(text) !== undefined)).toEqual([]);
    expect(bad.filter((text) => judge(text) === undefined)).toEqual([]);
  });

  it('a duration is read back from what is printed', () => fc.assert(fc.property(fc.nat(10_000_000), (seconds) => {
    expect(parseDuration(printDuration(seconds * 1_000))).toBe(seconds * 1_000);
  })));

  it('no text makes a format throw', () => fc.assert(fc.property(fc.constantFrom(...Object.values(FORMATS)), fc.string({ unit: 'grapheme', maxLength: 40 }), ({ judge }, text) => {
    const verdict = judge(text);
    expect(verdict === undefined || typeof verdict.what === 'string').toBe(true);
  }), { numRuns: 500 }));
});
