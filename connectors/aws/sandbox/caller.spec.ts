import { startAwsSandbox, type AwsSandbox } from './index.js';
import { sendRaw, type RawAnswer, type RawRequest } from './raw-client.js';
import { createFleet } from '../../sdk/sandbox/fleet.js';

const NOW = Date.UTC(2026, 10, 24, 9);
const identity = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
const instances = { Action: 'DescribeInstances', Version: '2016-11-15', MaxResults: 5 };

describe('who may call', () => {
  let aws: AwsSandbox;
  let time = NOW;
  const key = (): { url: string; accessKeyId: string; secret: string } => {
    const auth = aws.auth('static');
    return { url: aws.url, accessKeyId: auth['accessKeyId'] as string, secret: auth['secretAccessKey'] as string };
  };
  const ec2 = (change: Partial<RawRequest> = {}): Promise<RawAnswer> => sendRaw({ ...key(), at: time, form: instances, ...change });
  const sts = (change: Partial<RawRequest> = {}): Promise<RawAnswer> => sendRaw({ ...key(), at: time, service: 'sts', form: identity, ...change });
  const json = (change: Partial<RawRequest> = {}): Promise<RawAnswer> =>
    sendRaw({ ...key(), at: time, service: 'ssm', body: '{}', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AmazonSSM.GetInventory' }, ...change });
  const assume = async (change: Readonly<Record<string, string | number>> = {}, request: Partial<RawRequest> = {}): Promise<RawAnswer> => sts({
    form: { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: 'arn:aws:iam::444455556666:role/LockstepReader', RoleSessionName: 'lockstep', ExternalId: 'lockstep-sandbox', ...change }, ...request,
  });
  const session = async (change: Readonly<Record<string, string | number>> = {}, request: Partial<RawRequest> = {}): Promise<{ accessKeyId: string; secret: string; sessionToken: string }> => {
    const { body } = await assume(change, request);
    const part = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    return { accessKeyId: part('AccessKeyId'), secret: part('SecretAccessKey'), sessionToken: part('SessionToken') };
  };

  beforeEach(async () => {
    time = NOW;
    aws = await startAwsSandbox({
      fleet: createFleet({ size: 60 }), clock: { now: () => time, sleep: () => Promise.resolve() },
      vendor: { accounts: ['111122223333', '444455556666', '777788889999'], deniedAccounts: ['777788889999'], maxSessionSeconds: 7_200 },
    });
  });
  afterEach(() => aws.close());

  it('lets the right key in, and says who it is', async () => {
    const answer = await sts();

    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<Arn>arn:aws:iam::111122223333:user/lockstep</Arn>');
    expect(answer.body).toContain('<Account>111122223333</Account>');
    expect(answer.headers['date']).toBe(new Date(NOW).toUTCString());
    expect((await ec2()).status).toBe(200);
    expect((await ec2({ method: 'GET', target: '/?Action=DescribeRegions&Version=2016-11-15' })).status).toBe(200);
  });

  const faults: readonly [string, Partial<RawRequest>, readonly (readonly [number, string])[]][] = [
    ['no Authorization', { authorization: () => undefined }, [[403, 'MissingAuthenticationToken'], [403, 'MissingAuthenticationToken'], [400, 'MissingAuthenticationTokenException']]],
    ['an unknown key', { accessKeyId: 'AKIAUNKNOWNUNKNOWN00' }, [[401, 'AuthFailure'], [403, 'InvalidClientTokenId'], [400, 'UnrecognizedClientException']]],
    ['a wrong secret', { secret: 'wrong' }, [[401, 'AuthFailure'], [403, 'SignatureDoesNotMatch'], [400, 'InvalidSignatureException']]],
    ['a region that does not exist', { region: 'eu-nowhere-1' }, [[401, 'AuthFailure'], [403, 'SignatureDoesNotMatch'], [400, 'InvalidSignatureException']]],
    ['a region not opted in', { region: 'me-central-1' }, [[401, 'AuthFailure'], [403, 'InvalidClientTokenId'], [400, 'UnrecognizedClientException']]],
    ['a token that belongs to nobody', { sessionToken: 'abc' }, [[401, 'AuthFailure'], [403, 'InvalidClientTokenId'], [400, 'UnrecognizedClientException']]],
    ['a scope of another day', { scopeDate: '20261123' }, [[401, 'AuthFailure'], [403, 'SignatureDoesNotMatch'], [400, 'InvalidSignatureException']]],
    ['a signature from six minutes ago', { at: NOW - 360_000 }, [[400, 'RequestExpired'], [403, 'SignatureDoesNotMatch'], [400, 'InvalidSignatureException']]],
    ['a signature from the future', { at: NOW + 360_000 }, [[400, 'RequestExpired'], [403, 'SignatureDoesNotMatch'], [400, 'InvalidSignatureException']]],
    ['an unsigned x-amz header', { unsigned: { 'x-amz-meta': '1' } }, [[400, 'IncompleteSignature'], [400, 'IncompleteSignature'], [400, 'IncompleteSignatureException']]],
    ['an Authorization of another form', { authorization: (right) => right.replace('Signature=', 'Sig=') }, [[400, 'IncompleteSignature'], [400, 'IncompleteSignature'], [400, 'IncompleteSignatureException']]],
  ];
  it.each(faults)('refuses %s, each service in its own words', async (_what, change, [forEc2, forSts, forJson]) => {
    const answers = [await ec2(change), await sts(change), await json(change)];

    expect(answers.map(({ status, code }) => [status, code])).toEqual([forEc2, forSts, forJson]);
  });

  it('spells errors as each protocol does, with a request id', async () => {
    const [fromEc2, fromSts] = [await ec2({ secret: 'wrong' }), await sts({ secret: 'wrong' })];

    expect(fromEc2.body).toMatch(/<Response><Errors><Error><Code>AuthFailure<\/Code><Message>AWS was not able to validate the provided access credentials<\/Message><\/Error><\/Errors><RequestID>[-0-9a-f]{36}<\/RequestID><\/Response>$/);
    expect(fromSts.body).toMatch(/<ErrorResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/"><Error><Type>Sender<\/Type><Code>SignatureDoesNotMatch<\/Code>/);
    expect(fromEc2.headers['x-amzn-requestid']).toMatch(/^[-0-9a-f]{36}$/);
  });

  it('checks the body that was signed', async () => {
    const right = await ec2();
    const tampered = await ec2({ sentBody: 'Action=DescribeInstances&Version=2016-11-15&MaxResults=6' });

    expect([right.status, tampered.status]).toEqual([200, 401]);
  });

  it('accepts a signature within five minutes, on both sides', async () => {
    expect((await ec2({ at: NOW - 299_000 })).status).toBe(200);
    expect((await ec2({ at: NOW + 299_000 })).status).toBe(200);
  });

  it('says what its own clock is, so that a client can correct its skew', async () => {
    aws.setClockSkew(3_600_000);
    const answer = await ec2();

    expect(answer.code).toBe('RequestExpired');
    expect((await ec2({ at: Date.parse(answer.headers['date'] as string) })).status).toBe(200);
  });

  it('knows no service beyond its own', async () => {
    expect([(await json()).status, (await json()).code]).toEqual([400, 'UnknownOperationException']);
    expect((await sts({ service: 'iam' })).code).toBe('InvalidAction');
  });

  describe('AssumeRole', () => {
    it('gives a session that ends when it says', async () => {
      const answer = await assume({ DurationSeconds: 900 });
      const credentials = await session({ DurationSeconds: 900 });
      const mine = await sts({ ...credentials });
      time = NOW + 899_000;
      const before = await ec2(credentials);
      time = NOW + 900_000;
      const [afterEc2, afterSts, afterJson] = [await ec2(credentials), await sts(credentials), await json(credentials)];

      expect(answer.body).toContain(`<Expiration>${new Date(NOW + 900_000).toISOString().slice(0, 19)}Z</Expiration>`);
      expect(answer.body).toContain('<Arn>arn:aws:sts::444455556666:assumed-role/LockstepReader/lockstep</Arn>');
      expect(mine.body).toContain('<Account>444455556666</Account>');
      expect(before.status).toBe(200);
      expect([afterEc2.status, afterEc2.code]).toEqual([400, 'RequestExpired']);
      expect([afterSts.status, afterSts.code]).toEqual([403, 'ExpiredToken']);
      expect([afterJson.status, afterJson.code]).toEqual([400, 'ExpiredTokenException']);
    });

    it('wants the token with the key of a session', async () => {
      const { accessKeyId, secret } = await session();

      expect((await ec2({ accessKeyId, secret })).code).toBe('AuthFailure');
      expect((await ec2({ accessKeyId, secret, sessionToken: 'another' })).code).toBe('AuthFailure');
    });

    const refusals: readonly [string, Readonly<Record<string, string | number>>, number, string][] = [
      ['another external id', { ExternalId: 'wrong' }, 403, 'AccessDenied'],
      ['another role', { RoleArn: 'arn:aws:iam::444455556666:role/Other' }, 403, 'AccessDenied'],
      ['an account outside', { RoleArn: 'arn:aws:iam::999999999999:role/LockstepReader' }, 403, 'AccessDenied'],
      ['a denied account', { RoleArn: 'arn:aws:iam::777788889999:role/LockstepReader' }, 403, 'AccessDenied'],
      ['an ARN of another partition', { RoleArn: 'arn:aws-cn:iam::444455556666:role/LockstepReader' }, 400, 'ValidationError'],
      ['no role ARN', { RoleArn: '' }, 400, 'ValidationError'],
      ['a session name with a slash', { RoleSessionName: 'a/b' }, 400, 'ValidationError'],
      ['a session name of one character', { RoleSessionName: 'a' }, 400, 'ValidationError'],
      ['a session name of 65 characters', { RoleSessionName: 'a'.repeat(65) }, 400, 'ValidationError'],
      ['a session below 15 minutes', { DurationSeconds: 899 }, 400, 'ValidationError'],
      ['a session beyond 12 hours', { DurationSeconds: 43_201 }, 400, 'ValidationError'],
      ['a session beyond the role\'s own limit', { DurationSeconds: 7_201 }, 400, 'ValidationError'],
      ['a parameter that it does not have', { Rolename: 'x' }, 400, 'ValidationError'],
    ];
    it.each(refusals)('refuses %s', async (_what, change, status, code) => {
      const answer = await assume(change);

      expect([answer.status, answer.code]).toEqual([status, code]);
    });

    it('caps a role assumed from a role at one hour', async () => {
      const credentials = await session();
      const chained = await assume({ DurationSeconds: 3_601 }, credentials);

      expect((await assume({ DurationSeconds: 7_200 })).status).toBe(200);
      expect((await assume({}, credentials)).status).toBe(200);
      expect(chained.message).toBe('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.');
    });

    it('names caller and role when it refuses', async () => {
      expect((await assume({ ExternalId: 'wrong' })).message).toBe('User: arn:aws:iam::111122223333:user/lockstep is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/LockstepReader');
    });

    it('shows each account only its own', async () => {
      const own = await ec2({ form: { ...instances, MaxResults: 1_000 } });
      const other = await ec2({ form: { ...instances, MaxResults: 1_000 }, ...await session() });

      expect(own.body).toContain('<ownerId>111122223333</ownerId>');
      expect(own.body).not.toContain('<ownerId>444455556666</ownerId>');
      expect(other.body).toContain('<ownerId>444455556666</ownerId>');
      expect(other.body).not.toContain('<ownerId>111122223333</ownerId>');
    });

    it('knows no secret that it does not list', async () => {
      const { secret, sessionToken } = await session();

      expect(aws.secrets()).toEqual(expect.arrayContaining([key().secret, secret, sessionToken]));
    });
  });

  it('does not take sessions of the old global endpoint where regions are opted into', async () => {
    await aws.close();
    aws = await startAwsSandbox({
      clock: { now: () => time, sleep: () => Promise.resolve() },
      vendor: { accounts: ['444455556666'], regions: ['us-east-1', 'eu-west-1', 'af-south-1'], notOptedIn: [], legacyGlobalTokens: true },
    });
    const [global, regional] = [await session({}, { region: 'us-east-1' }), await session({}, { region: 'eu-west-1' })];

    expect((await ec2({ ...global, region: 'af-south-1' })).code).toBe('AuthFailure');
    expect((await ec2({ ...global, region: 'eu-west-1' })).status).toBe(200);
    expect((await ec2({ ...regional, region: 'af-south-1' })).status).toBe(200);
  });

  it('refuses what policies do not allow, there and only there', async () => {
    aws.denyAction('444455556666 ec2:DescribeInstances');
    const credentials = await session();
    const denied = await ec2(credentials);

    expect([denied.status, denied.code]).toEqual([403, 'UnauthorizedOperation']);
    expect(denied.message).toContain('ec2:DescribeInstances');
    expect((await ec2()).status).toBe(200);
    expect((await ec2({ ...credentials, form: { Action: 'DescribeVolumes', Version: '2016-11-15', MaxResults: 5 } })).status).toBe(200);
  });
});
