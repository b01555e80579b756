import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { fakeClock, recordingLog } from '../sdk/conformance/doubles.js';
import type { CheckFinding, ConnectContext } from '../sdk/contract/index.js';
import type { Sandbox } from '../sdk/sandbox/types.js';
import type { AwsClient } from './client.js';
import { AwsOptions, settingsOf } from './config.js';
import { connector } from './index.js';
import { manifest } from './manifest.js';
import { sandbox, type AwsSandboxOptions } from './sandbox/index.js';

jest.setTimeout(60_000);
const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
const open: (() => Promise<void>)[] = [];
afterEach(async () => { for (const close of open.splice(0)) await close(); });

async function start(vendor: AwsSandboxOptions, options: object = {}, skewMs = 0): Promise<{ readonly box: Sandbox; readonly client: AwsClient; readonly log: ReturnType<typeof recordingLog> }> {
  const clock = fakeClock('2026-11-20T10:00:00Z');
  const box = await sandbox.start({ clock, vendor: { ...vendor } });
  box.setClockSkew(skewMs);
  const config = box.sourceConfig();
  const log = recordingLog();
  const context = { source: { ...config, options: { ...config.options, ...options } }, clock, log, signal: new AbortController().signal };
  const client: AwsClient = await connector.connect(context as unknown as ConnectContext);
  open.push(async () => { await connector.close?.(client); await box.close(); });
  return { box, client, log };
}

async function check(client: AwsClient): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for await (const finding of connector.check(client, ['instances', 'volumes'])) findings.push(finding);
  return findings;
}

describe('check', () => {
  it('says who we are and what is allowed where', async () => {
    const { client } = await start({});

    const findings = await check(client);

    expect(findings.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(findings[0]!.message).toContain('arn:aws:iam::111122223333:user/');
    expect(findings.filter(({ what }) => what === 'ec2:DescribeVolumes in account 444455556666')).toEqual([expect.objectContaining({ message: 'allowed in eu-central-1, eu-west-1, us-east-1' })]);
  });

  it('names each missing action, denied role and region that is not enabled', async () => {
    const { client } = await start({ deniedAccounts: ['777788889999'], deniedActions: ['444455556666 ec2:DescribeVolumes'] }, { regions: ['eu-west-1', 'me-central-1'] });

    const findings = (await check(client)).filter(({ outcome }) => outcome !== 'ok');

    expect(findings.map(({ what, outcome }) => [what, outcome])).toEqual([
      ['region me-central-1 of account 111122223333', 'warning'],
      ['region me-central-1 of account 444455556666', 'warning'],
      ['ec2:DescribeVolumes in account 444455556666, region eu-west-1', 'failed'],
      ['open account 777788889999', 'failed'],
    ]);
    expect(findings.every(({ hint }) => hint !== undefined)).toBe(true);
    expect(findings[2]!.hint).toContain('ec2:DescribeVolumes');
    expect(findings[3]!.hint).toContain('sts:AssumeRole');
  });

  it('names the right to list regions, which is not needed where they are configured', async () => {
    const { client } = await start({ deniedActions: ['444455556666 ec2:DescribeRegions'] });

    expect((await check(client)).filter(({ outcome }) => outcome !== 'ok')).toEqual([
      expect.objectContaining({ what: 'ec2:DescribeRegions in account 444455556666', outcome: 'warning', hint: expect.stringContaining('ec2:DescribeRegions') }),
    ]);
  });

  it('says by how much the clock is off, and works all the same', async () => {
    const { client } = await start({}, {}, 20 * 60_000);

    const findings = await check(client);

    expect(findings.find(({ what }) => what === 'clock')).toMatchObject({ outcome: 'warning', message: expect.stringContaining('1200 s behind') });
    expect(findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  });

  it('says that an organization cannot be listed yet', async () => {
    const { client } = await start({}, { accounts: undefined, organization: true });

    expect((await check(client)).at(-1)).toMatchObject({ outcome: 'failed', message: expect.stringContaining('organization is not built yet'), hint: expect.stringContaining('accounts') });
  });

  it('says no secret', async () => {
    const { box, client, log } = await start({ deniedActions: ['ec2:DescribeVolumes'] });

    const said = JSON.stringify([await check(client), log.entries]);

    for (const secret of box.secrets()) expect(said).not.toContain(secret);
  });
});

describe('options', () => {
  const problems = (options: object): string[] => validateSync(plainToInstance(AwsOptions, options), { whitelist: true, forbidNonWhitelisted: true })
    .flatMap((error) => [error, ...(error.children ?? [])]).flatMap((error) => Object.values(error.constraints ?? {}));

  it('take what the README shows, and account ids without quotes', () => {
    expect(problems({ accounts: ['111122223333'], regions: ['eu-west-1', 'us-gov-west-1'], assumeRole: { roleName: 'LockstepReader', externalId: 'a-long-random-text' } })).toEqual([]);
    expect(settingsOf(plainToInstance(AwsOptions, { accounts: [111122223333] })).accounts).toEqual(['111122223333']);
  });

  it.each`
    options                                                             | problem
    ${{ organization: 'acme' }}                                         | ${'id of an organization'}
    ${{ accounts: ['12345'] }}                                          | ${'twelve digits'}
    ${{ accounts: [12345678901] }}                                      | ${'twelve digits'}
    ${{ regions: ['Ireland'] }}                                         | ${'such as eu-west-1'}
    ${{ regions: [] }}                                                  | ${'at least 1'}
    ${{ assumeRole: { roleName: 'arn:aws:iam::1:role/x y' } }}          | ${'name of a role'}
    ${{ assumeRole: {} }}                                               | ${'name of a role'}
    ${{ discovery: 'config' }}                                          | ${'not built yet'}
    ${{ pageSize: 4 }}                                                  | ${'5'}
    ${{ region: ['eu-west-1'] }}                                        | ${'should not exist'}
  `('refuse $options', ({ options, problem }) => expect(problems(options).join('; ')).toContain(problem));

  it('work the same from plain data', () => {
    const plain = { accounts: ['111122223333'], assumeRole: { roleName: 'Reader' } };

    expect(settingsOf(plain)).toEqual(settingsOf(plainToInstance(AwsOptions, plain)));
    expect(settingsOf(plain)).toMatchObject({ pageSize: 1000, assumeRole: { roleName: 'Reader', sessionName: 'lockstep' } });
  });
});

describe('the README', () => {
  const cost = (row: string): number => Number(new RegExp(`^\\| ${row} \\| ([\\d,]+) \\|$`, 'm').exec(readme)?.[1]?.replace(/,/g, ''));
  const calls = async (stream: string, vendor: AwsSandboxOptions, fill: number): Promise<number> => {
    const { box, client } = await start({ emptyPages: false, throttle: false, ...vendor }, { accounts: undefined, regions: undefined });
    for (let at = 0; at < fill; at += 1) box.edit.insert(stream);
    const one = connector.streams.find(({ name }) => name === stream)!;
    let read = 0;
    box.clearRequests();
    for await (const page of one.pull(client, { mode: 'full' })) read += page.records.filter((raw: any) => raw.what !== 'attachment').length;
    expect(read).toBe(fill);
    return box.requests().length;
  };
  const oneRegion = { accounts: ['111122223333'], regions: ['us-east-1'], notOptedIn: [], instances: [], volumes: [] };

  it.each`
    row                                                     | stream
    ${'10,000 instances in one account and region'}         | ${'instances'}
    ${'10,000 volumes in one account and region'}           | ${'volumes'}
  `('tells the cost of $row', async ({ row, stream }) => {
    const few = await calls(stream, oneRegion, 1_000);
    const more = await calls(stream, oneRegion, 2_000);

    expect(more - few).toBe(1); // a call for each 1,000, so 10,000 need not be made to be counted
    expect(more + 8).toBe(cost(row));
  });

  it('tells the cost of accounts and regions in which nothing is', async () => {
    const accounts = ['111122223333', '444455556666', '777788889999'];
    const { box, client } = await start({ accounts, regions: ['us-east-1', 'eu-west-1', 'eu-central-1'], notOptedIn: [], instances: [], volumes: [] }, { accounts, regions: undefined });
    for await (const _page of connector.streams[1]!.pull(client, { mode: 'full' })) { /* only its calls count */ }

    expect(box.requests()).toHaveLength(cost('3 accounts of 3 regions, nothing in them, one stream'));
  });

  it('documents every option, stream and action', () => {
    const keys = ['regions', 'accounts', 'assumeRole.roleName', 'assumeRole.externalId', 'assumeRole.sessionName', 'discovery', 'homeRegion', 'pageSize', 'privateDnsAsFqdn', 'tagKeys.owner', 'tagKeys.department', 'tagKeys.lifecycle', 'organization'];
    for (const key of keys) expect(readme).toContain(`\`${key}\``);
    for (const { name } of manifest.streams) expect(readme).toContain(manifest.lacks!.includes(name) ? `\`${name}\` (` : `| \`${name}\` |`);
    for (const { permissions } of connector.streams) for (const action of permissions) expect(readme).toContain(`"${action}"`);
    for (const heading of ['Reads', 'Writes', 'Permissions', 'Configuration', 'Webhook set-up', 'Limits and cost', 'Known gaps', 'Troubleshooting']) expect(readme).toContain(`\n## ${heading}\n`);
  });
});

it('has the streams that its manifest names and does not lack', () => {
  expect(connector.streams.map(({ name }) => name)).toEqual(manifest.streams.map(({ name }) => name).filter((name) => !manifest.lacks!.includes(name)));
});
