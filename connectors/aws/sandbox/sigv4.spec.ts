import { parseAmzDate, parseAuthorization, signatureOf } from './sigv4.js';

describe('signature version 4', () => {
  /**
   * The example of the vendor's own page, GET iam ListUsers with the published example key.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
   */
  it('gives the signature of the published example', () => {
    const signature = signatureOf({
      method: 'GET', path: '/', rawQuery: 'Action=ListUsers&Version=2010-05-08', body: '',
      headers: { host: 'iam.amazonaws.com', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'x-amz-date': '20150830T123600Z' },
    }, { date: '20150830', region: 'us-east-1', service: 'iam', signedHeaders: ['content-type', 'host', 'x-amz-date'] }, 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');

    expect(signature).toBe('5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7');
  });

  it.each([
    ['another scheme', 'Basic abc'],
    ['no signature', 'AWS4-HMAC-SHA256 Credential=A/20261120/r/ec2/aws4_request, SignedHeaders=host'],
    ['a short scope', `AWS4-HMAC-SHA256 Credential=A/20261120/ec2/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`],
    ['another ending', `AWS4-HMAC-SHA256 Credential=A/20261120/r/ec2/aws3_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`],
    ['a day with a letter', `AWS4-HMAC-SHA256 Credential=A/2026112x/r/ec2/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`],
    ['a short signature', 'AWS4-HMAC-SHA256 Credential=A/20261120/r/ec2/aws4_request, SignedHeaders=host, Signature=00'],
  ])('does not take %s', (_what, header) => expect(parseAuthorization(header)).toBeUndefined());

  it('reads a date only in the basic form', () => {
    expect(parseAmzDate('20261120T101112Z')).toBe(Date.UTC(2026, 10, 20, 10, 11, 12));
    expect(parseAmzDate('2026-11-20T10:11:12Z')).toBeUndefined();
    expect(parseAmzDate('20261340T101112Z')).toBeUndefined();
  });
});
