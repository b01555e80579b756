/** The three separate clouds. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html#arns-syntax */
export type Partition = 'aws' | 'aws-us-gov' | 'aws-cn';

interface PartitionFacts {
  readonly dnsSuffix: string;
  /** Where its global services live, and where a client without a region of its own asks first. */
  readonly home: string;
  readonly regions: Readonly<Record<string, RegionFacts>>;
}
interface RegionFacts { readonly optIn: boolean; readonly geography: string }

const always = (geography: string): RegionFacts => ({ optIn: false, geography });
const optIn = (geography: string): RegionFacts => ({ optIn: true, geography });

/** Regions that need opting in: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html */
export const PARTITIONS: Readonly<Record<Partition, PartitionFacts>> = {
  aws: {
    dnsSuffix: 'amazonaws.com', home: 'us-east-1',
    regions: {
      'us-east-1': always('United States of America'), 'us-east-2': always('United States of America'),
      'us-west-1': always('United States of America'), 'us-west-2': always('United States of America'),
      'eu-west-1': always('Ireland'), 'eu-west-2': always('United Kingdom'), 'eu-west-3': always('France'),
      'eu-central-1': always('Germany'), 'eu-north-1': always('Sweden'), 'ap-south-1': always('India'),
      'ap-northeast-1': always('Japan'), 'ap-northeast-2': always('South Korea'), 'ap-northeast-3': always('Japan'),
      'ap-southeast-1': always('Singapore'), 'ap-southeast-2': always('Australia'), 'ca-central-1': always('Canada'),
      'sa-east-1': always('Brazil'),
      'af-south-1': optIn('South Africa'), 'ap-east-1': optIn('Hong Kong'), 'eu-south-1': optIn('Italy'),
      'eu-central-2': optIn('Switzerland'), 'me-south-1': optIn('Bahrain'), 'me-central-1': optIn('United Arab Emirates'),
      'il-central-1': optIn('Israel'),
    },
  },
  'aws-us-gov': {
    dnsSuffix: 'amazonaws.com', home: 'us-gov-west-1',
    regions: { 'us-gov-west-1': always('United States of America'), 'us-gov-east-1': always('United States of America') },
  },
  'aws-cn': {
    dnsSuffix: 'amazonaws.com.cn', home: 'cn-north-1',
    regions: { 'cn-north-1': always('China'), 'cn-northwest-1': always('China') },
  },
};

export const regionEndpoint = (partition: Partition, region: string): string => `ec2.${region}.${PARTITIONS[partition].dnsSuffix}`;

/** The part of an ARN behind the account. */
export const resourceArn = (partition: Partition, region: string, account: string, kind: 'instance' | 'volume', id: string): string =>
  `arn:${partition}:ec2:${region}:${account}:${kind}/${id}`;
