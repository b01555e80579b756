import type { Instance, Volume } from '@aws-sdk/client-ec2';

/** What the SDK gives, after a passage through JSON: a raw record is stored, and mapped again from there. */
export type Plain<T> = T extends Date ? string : T extends readonly (infer E)[] ? readonly Plain<E>[] : T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;

interface Where {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** One of `Reservations[].Instances[]`, with what the answer says elsewhere. */
export interface AwsInstance extends Where {
  readonly instance: Plain<Instance>;
  /** Of the instance type: EC2 does not say it of the instance. */
  readonly memoryMb?: number;
  readonly typeVcpus?: number;
}

export interface AwsVolume extends Where {
  readonly what: 'volume';
  readonly volume: Plain<Volume>;
}

/** One of a volume's attachments, a record of its own: a volume may be attached to several instances. */
export interface AwsAttachment extends Where {
  readonly what: 'attachment';
  readonly volumeId: string;
  readonly instanceId: string;
  readonly state?: string;
}

export const plain = <T>(value: T): Plain<T> => JSON.parse(JSON.stringify(value)) as Plain<T>;
