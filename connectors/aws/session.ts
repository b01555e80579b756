import type { EC2Client } from '@aws-sdk/client-ec2';
import type { STSClient } from '@aws-sdk/client-sts';
import type { Clock } from '../sdk/contract/index.js';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** ms UTC. */
  readonly expiresAt?: number;
}

export interface AwsClients {
  ec2(region: string, credentials: AwsCredentials): EC2Client;
  sts(region: string, credentials: AwsCredentials): STSClient;
}

/** Renewed this long before they end, so that none ends in the middle of a page. */
const RENEW_BEFORE_MS = 5 * 60_000;

/**
 * The credentials of one account and the clients that sign with them. The SDK's own renewal follows the machine's
 * clock and hides an AssumeRole inside another call, where neither its retry nor its error can be told apart; so the
 * clients get plain credentials, and a renewal makes new clients (which share their connections).
 */
export class Session {
  private current: Promise<AwsCredentials> | undefined;
  private generation = 0;
  private readonly clients = new Map<string, EC2Client | STSClient>();

  constructor(private readonly clock: Clock, private readonly make: AwsClients, private readonly open: () => Promise<AwsCredentials>) {}

  /** With the generation of its credentials, for `renew`. */
  async ec2(region: string): Promise<{ readonly client: EC2Client; readonly generation: number }> {
    return await this.client(`ec2/${region}`, (credentials) => this.make.ec2(region, credentials));
  }

  async sts(region: string): Promise<{ readonly client: STSClient; readonly generation: number }> {
    return await this.client(`sts/${region}`, (credentials) => this.make.sts(region, credentials));
  }

  /** Forgets credentials that AWS refused. Calls that failed together renew once. */
  renew(generation: number): void {
    if (generation === this.generation) this.forget();
  }

  private forget(): void {
    this.current = undefined;
    this.clients.clear();
    this.generation += 1;
  }

  private async client<C extends EC2Client | STSClient>(key: string, make: (credentials: AwsCredentials) => C): Promise<{ readonly client: C; readonly generation: number }> {
    const credentials = await this.credentials();
    const generation = this.generation;
    const known = this.clients.get(key) as C | undefined;
    if (known !== undefined) return { client: known, generation };
    const client = make(credentials);
    this.clients.set(key, client);
    return { client, generation };
  }

  private async credentials(): Promise<AwsCredentials> {
    const held = await (this.current ??= this.remember());
    if (held.expiresAt === undefined || held.expiresAt - RENEW_BEFORE_MS > this.clock.now()) return held;
    // Of several callers that see it end, the first forgets; the others find the new one.
    if (this.current !== undefined && (await this.current) === held) this.forget();
    return await (this.current ??= this.remember());
  }

  /** A failure is not kept: the next call asks again. */
  private remember(): Promise<AwsCredentials> {
    const opening = this.open();
    opening.catch(() => { if (this.current === opening) this.current = undefined; });
    return opening;
  }
}
