import { createRedactor, REDACTED } from './redact.js';
import { printable, vendorWords } from './words.js';

const SECRET = 'S3cr&t/p+ä"w\\rd';
const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n-----END PRIVATE KEY-----\n';
const unicode = (text: string): string => JSON.stringify(text).slice(1, -1).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('a redactor', () => {
  const redact = createRedactor([SECRET, PEM, undefined]);

  it.each<[string, string]>([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in lower case', encodeURIComponent(SECRET).replace(/%../g, (c) => c.toLowerCase())],
    ['twice percent-encoded', encodeURIComponent(encodeURIComponent(SECRET))],
    ['as a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
    ['in ASCII JSON', unicode(SECRET)],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in HTML', 'S3cr&amp;t/p+ä&quot;w\\rd'],
    ['a key, whole', PEM],
    ['a line of a key', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'],
    ['a key in JSON', JSON.stringify(PEM).slice(1, -1)],
    ['a key with CRLF', PEM.replace(/\n/g, '\r\n')],
    ['a key on one line', PEM.replace(/\n/g, '')],
  ])('finds it %s', (_name, spelling) => {
    const text = redact(`before ${spelling} after`);

    expect(text).not.toContain(spelling);
    expect(text).toMatch(/^before .*\[redacted\].* after$/s);
  });

  it.each(['', 'u', 'us', 'user', 'user1', 'user12'])('finds it in base64 behind %p and before anything', (user) => {
    for (const after of ['', 'x', 'xy', 'xyz']) {
      const encoded = Buffer.from(`${user}:${SECRET}${after}`).toString('base64');
      // what is left must not decode to a telling part
      const left = redact(encoded).split(REDACTED).join('');
      expect(redact(encoded)).toContain(REDACTED);
      expect(left.length).toBeLessThan(encoded.length - 16);
    }
  });

  it('finds credentials by their looks', () => {
    expect(redact('Authorization: Basic dXNlcjpwYXNzd29yZA== and Bearer abc.def-ghi_jkl')).toBe(`Authorization: Basic ${REDACTED} and Bearer ${REDACTED}`);
    expect(redact('mysql://root:hunter2@db.example.com/x')).toBe(`mysql://${REDACTED}@db.example.com/x`);
  });

  it('leaves the rest alone', () => {
    const text = 'Basic facts about https://example.com/users@home, 100% of S3cr&';
    expect(redact(text)).toBe(text);
  });

  it('learns and stays bounded', () => {
    const learning = createRedactor();
    for (let i = 0; i < 600; i += 1) learning.add(`token-number-${i}-x`);

    expect(learning('token-number-599-x')).toBe(REDACTED);
    expect(learning('token-number-0-x')).toBe('token-number-0-x');
    expect(createRedactor(['abc'])('abc')).toBe('abc'); // too short to be told from text
  });

  it('walks structures, errors and cycles', () => {
    const cyclic: Record<string, unknown> = { [SECRET]: [SECRET, { deep: SECRET }], n: 1, when: new Date(0), map: new Map([['k', SECRET]]), bytes: Buffer.from(SECRET) };
    cyclic['self'] = cyclic;
    cyclic['error'] = Object.assign(new Error(`bad ${SECRET}`, { cause: new Error(SECRET) }), { config: { headers: { authorization: SECRET } } });

    const text = JSON.stringify(redact.deep(cyclic));

    expect(text).not.toContain(JSON.stringify(SECRET).slice(1, -1));
    expect(text).toContain('[circular]');
    expect(JSON.parse(text).n).toBe(1);
  });

  it('does not stumble over lone surrogates', () => {
    expect(createRedactor(['\ud800abcd'])('x\ud800abcd')).toBe(`x${REDACTED}`);
  });
});

describe("the vendor's words", () => {
  const redact = createRedactor([SECRET]);

  it.each([
    ['{"error":{"message":"Invalid table x","detail":null},"status":"failure"}', 'Invalid table x'],
    ['{"error_description":"access_denied","error":"server_error"}', 'server_error: access_denied'],
    ['{"errorMessages":["a","b"],"errors":{}}', 'a: b'],
    ['[{"message":"m","errorCode":"X"}]', 'm'],
    ['<html><head><style>p{}</style></head><body>Down <b>now</b></body></html>', 'Down now'],
    ['plain\ntext\u0007here', 'plain text here'],
    ['{"a":', '{"a":'],
  ])('of %s', (body, words) => expect(vendorWords(body, redact)).toBe(words));

  it('are absent where nothing is said', () => expect(vendorWords(' \n', redact)).toBeUndefined());

  it('are redacted before they are cut to 500 characters', () => {
    const words = printable(`${'x'.repeat(492)}${SECRET}`, redact);
    expect(words).toHaveLength(500);
    expect(words).not.toContain('S3cr');
  });

  it('cannot forge a line or steer a terminal', () => {
    expect(printable('a\r\nERROR fake\u001b[31m\u2028b\ud800', redact)).toBe('a ERROR fake [31m b\ufffd');
  });
});
