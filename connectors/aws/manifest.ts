import type { Manifest } from '../sdk/contract/index.js';

const readerPolicy = `Policy of the role (or user) that reads an account:
{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow",
      "Action": ["ec2:DescribeRegions", "ec2:DescribeInstances", "ec2:DescribeInstanceTypes", "ec2:DescribeVolumes"],
      "Resource": "*" }
  ]
}
To read other accounts, the credentials of Lockstep need besides:
{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/LockstepReader" }
  ]
}`;

export const manifest: Manifest = {
  name: 'aws',
  title: 'Amazon Web Services',
  role: 'cloud',
  about: 'EC2 instances and EBS volumes of one or many accounts and regions',
  streams: [
    { name: 'instances', default: true, about: 'EC2 instances as virtual machines' },
    { name: 'volumes', default: true, about: 'EBS volumes, and the instances to which they are attached' },
    { name: 'databases', default: false, about: 'RDS instances: not read yet' },
    { name: 'software', default: false, about: 'SSM inventory: not read yet' },
    { name: 'resources', default: false, about: 'further resource types: not read yet' },
  ],
  auth: [
    { method: 'default', keys: [], about: "the SDK's own chain: environment, profile, web identity, container or instance role" },
    { method: 'static', keys: ['accessKeyId', 'secretAccessKey', 'sessionToken?'], about: 'an access key from a secret reference' },
  ],
  baseUrl: 'optional',
  baseUrlExample: 'https://vpce-0123456789abcdef0.ec2.eu-west-1.vpce.amazonaws.com',
  webhookAuth: [{ method: 'sns', keys: ['topicArns'] }],
  leastRights: readerPolicy,
  concurrency: 8,
  lacks: ['databases', 'software', 'resources', 'organization', 'push', 'webhooks', 'discover', 'incremental'],
};
