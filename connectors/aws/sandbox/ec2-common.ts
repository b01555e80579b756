import type { Fault } from '../../sdk/sandbox/types.js';
import type { Accounts, Principal } from './accounts.js';
import type { Cloud, Stream } from './cloud.js';
import type { Params } from './params.js';
import type { Passes } from './passes.js';
import { Refusal } from './refusal.js';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ */
export const EC2_VERSION = '2016-11-15';
const XMLNS = `http://ec2.amazonaws.com/doc/${EC2_VERSION}/`;

export interface Ec2Call {
  readonly principal: Principal;
  readonly region: string;
  readonly accounts: Accounts;
  readonly cloud: Cloud;
  readonly passes: Passes;
  readonly now: number;
  readonly requestId: string;
  readonly fault: Fault | undefined;
  /** Most records of a page, below the documented maximum. */
  readonly pageLimit: number;
}
export type Ec2Action = (call: Ec2Call, params: Params) => string;

export const ec2Response = (action: string, requestId: string, inner: string): string =>
  `<${action}Response xmlns="${XMLNS}"><requestId>${requestId}</requestId>${inner}</${action}Response>`;
export const itemSet = (name: string, items: readonly string[]): string => (items.length === 0 ? `<${name}/>` : `<${name}>${items.map((item) => `<item>${item}</item>`).join('')}</${name}>`);

/** Checks DryRun once everything else was right. */
export function dryRun(wanted: boolean): void {
  if (wanted) throw new Refusal(412, 'DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
}

/** Malformed before unknown; all unknown ones in one message. */
export function notFound(kind: Stream, missing: readonly string[]): Refusal {
  if (kind === 'volumes') return new Refusal(400, 'InvalidVolume.NotFound', `The volume '${missing[0]}' does not exist.`);
  const list = missing.join(', ');
  return new Refusal(400, 'InvalidInstanceID.NotFound', missing.length === 1 ? `The instance ID '${list}' does not exist` : `The instance IDs '${list}' do not exist`);
}
