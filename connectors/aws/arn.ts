/** Who the credentials are, and in which partition (`aws`, `aws-cn`, `aws-us-gov`): it is part of every ARN. */
export interface Caller {
  readonly arn: string;
  readonly account: string;
  readonly partition: string;
  /** Region whose STS answered. */
  readonly region: string;
}

export function callerOf(arn: string | undefined, account: string | undefined, region: string): Caller | undefined {
  const parts = /^arn:([a-z0-9-]+):(?:iam|sts)::(\d{12}):/.exec(arn ?? '');
  if (parts === null) return undefined;
  return { arn: arn!, account: account ?? parts[2]!, partition: parts[1]!, region };
}

export const roleArn = (partition: string, account: string, role: string): string => `arn:${partition}:iam::${account}:role/${role.replace(/^\//, '')}`;

/** Lower case: ARNs of EC2 are compared so. */
export const ec2Arn = (partition: string, region: string, account: string, type: 'instance' | 'volume', id: string): string =>
  `arn:${partition}:ec2:${region}:${account}:${type}/${id}`.toLowerCase();

/** The parts of an ARN that `ec2Arn` made. */
export function ec2ArnParts(arn: string): { readonly account: string; readonly region: string; readonly id: string } | undefined {
  const parts = /^arn:[a-z0-9-]+:ec2:([a-z0-9-]+):(\d{12}):(?:instance|volume)\/([a-z]+-[0-9a-z]+)$/.exec(arn);
  return parts === null ? undefined : { region: parts[1]!, account: parts[2]!, id: parts[3]! };
}
