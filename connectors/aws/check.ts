import { SourceError, type CheckFinding } from '../sdk/contract/index.js';
import type { Account, AwsClient, Question } from './client.js';
import { mustHold } from './client.js';
import { regionsOf } from './scan.js';

/** A signature holds for five minutes around its time (the SDK corrects its own clock, a person should correct the machine's). */
const SKEW_WARNING_MS = 60_000;

/** Reaches, authenticates, assumes each role, and asks every region once for what the streams read. Changes nothing. */
export async function* check(client: AwsClient, streams: readonly string[]): AsyncGenerator<CheckFinding> {
  let ids: readonly string[];
  try {
    const caller = await client.identity();
    yield { what: 'authenticate', outcome: 'ok', message: `sts:GetCallerIdentity in ${caller.region}: ${caller.arn}` };
    const skew = client.sdk.skewMs() ?? 0;
    if (Math.abs(skew) > SKEW_WARNING_MS) {
      yield {
        what: 'clock', outcome: 'warning', message: `the clock of this machine is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'behind' : 'ahead of'} AWS's`,
        hint: 'Synchronise it (chrony, systemd-timesyncd): AWS refuses signatures that are more than 5 minutes off.',
      };
    }
    ids = await client.accountIds();
  } catch (error) {
    yield failed('authenticate', error);
    return;
  }
  for (const id of ids) yield* checkAccount(client, id, streams);
}

async function* checkAccount(client: AwsClient, id: string, streams: readonly string[]): AsyncGenerator<CheckFinding> {
  let account: Account;
  try {
    account = await client.account(id);
    const role = client.settings.assumeRole;
    if (role !== undefined) yield { what: `open account ${id}`, outcome: 'ok', message: `sts:AssumeRole ${role.roleName}` };
  } catch (error) {
    yield failed(`open account ${id}`, error);
    return;
  }
  let usable: readonly string[];
  try {
    const found = await regionsOf(client, account);
    usable = found.usable;
    if (found.unlisted !== undefined) {
      yield { ...failed(`ec2:DescribeRegions in account ${id}`, found.unlisted), outcome: 'warning' };
    }
    for (const { region, reason } of found.unusable) {
      yield { what: `region ${region} of account ${id}`, outcome: 'warning', message: reason, hint: `Enable it in the account, or take ${region} out of options.regions; until then it is reported as not covered.` };
    }
  } catch (error) {
    yield failed(`ec2:DescribeRegions in account ${id}`, error);
    return;
  }
  for (const stream of streams) {
    for (const action of actionsOf(stream)) {
      const regions = action === 'DescribeInstanceTypes' ? usable.slice(0, 1) : usable;
      const good: string[] = [];
      for (const region of regions) {
        try {
          await probe(client, account, { action, account: id, region, stream });
          good.push(region);
        } catch (error) {
          yield { ...failed(`ec2:${action} in account ${id}, region ${region}`, error), stream };
        }
      }
      if (good.length > 0) yield { what: `ec2:${action} in account ${id}`, stream, outcome: 'ok', message: `allowed in ${good.join(', ')}` };
    }
  }
}

const actionsOf = (stream: string): readonly string[] =>
  (stream === 'instances' ? ['DescribeInstances', 'DescribeInstanceTypes'] : stream === 'volumes' ? ['DescribeVolumes'] : []);

/** The smallest call that needs the right: with DryRun AWS would answer an error either way. */
async function probe(client: AwsClient, account: Account, question: Question): Promise<void> {
  const { DescribeInstancesCommand, DescribeInstanceTypesCommand, DescribeVolumesCommand } = client.commands;
  await client.ec2(account.session, question, async (ec2, options) => {
    switch (question.action) {
      case 'DescribeInstances': return mustHold((await ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }), options)).Reservations, 'reservationSet');
      case 'DescribeVolumes': return mustHold((await ec2.send(new DescribeVolumesCommand({ MaxResults: 5 }), options)).Volumes, 'volumeSet');
      default: return mustHold((await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['t3.micro'] }), options)).InstanceTypes, 'instanceTypeSet');
    }
  });
}

function failed(what: string, error: unknown): CheckFinding {
  if (!(error instanceof SourceError) || error.code === 'interrupted') throw error;
  return { what, outcome: 'failed', message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}
