import type { EC2Client } from '@aws-sdk/client-ec2';
import type { STSClient } from '@aws-sdk/client-sts';
import {
  AuthenticationError, PermissionError, ProtocolError, RateLimitedError, SourceConfigurationError, SourceError, type ConnectContext,
} from '../sdk/contract/index.js';
import { createRedactor, fullJitter } from '../sdk/http/index.js';
import { callerOf, roleArn, type Caller } from './arn.js';
import { settingsOf, type AwsSettings } from './config.js';
import { interruptedWhile, isTransient, readFault, translate, type Asked } from './errors.js';
import { createPlaces } from './limit.js';
import { manifest } from './manifest.js';
import { Session, type AwsCredentials } from './session.js';
import type { Commands, Sdk } from './sdk.js';

const MOST_TRIES = 8;
/** Buckets refill by some 10 to 20 tokens a second: the first waits are short, the later ones let a burst of others pass. */
const BACKOFF_BASE_MS = 2_000;
const BACKOFF_CAP_MS = 60_000;
/** From this try on a throttled wait is at least half of its most, so that 8 tries outlast a minute's burst. */
const PATIENT_FROM = 4;
/** A longer wait than this is the end of the pass, not a pause in it. */
const MOST_WAIT_MS = 15 * 60_000;

export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** What is asked, without what the client knows itself. */
export type Question = Pick<Asked, 'action' | 'region' | 'account' | 'stream'>;

export interface Account {
  readonly id: string;
  readonly session: Session;
}

/** Speaks to AWS for one source: accounts, credentials, pace, retries, errors in the contract's words. */
export class AwsClient {
  readonly settings: AwsSettings;
  private readonly limit = createPlaces(manifest.concurrency);
  private readonly redact;
  private readonly base: Session;
  private readonly sessions = new Map<string, Account>();
  private readonly regions = new Map<string, Promise<readonly string[]>>();
  private caller: Promise<Caller> | undefined;
  /** Memory and processors by instance type: the same in every region and account. */
  readonly types = new Map<string, { readonly memoryMb?: number; readonly vcpus?: number }>();

  /** `region type` that EC2 said not to know: a region need not have every type. */
  readonly strangeTypes = new Set<string>();

  constructor(readonly context: ConnectContext, readonly sdk: Sdk, readonly commands: Commands, private readonly random: () => number = Math.random) {
    this.settings = settingsOf(context.source.options);
    const { secretAccessKey, sessionToken } = context.source.auth as Readonly<Record<string, string | undefined>>;
    this.redact = createRedactor([secretAccessKey, sessionToken]);
    this.base = this.sessionOf(() => sdk.baseCredentials());
  }

  private sessionOf(open: () => Promise<AwsCredentials>): Session {
    return new Session(this.context.clock, this.sdk, async () => {
      const credentials = await open();
      this.redact.add(credentials.secretAccessKey, credentials.sessionToken);
      return credentials;
    });
  }

  /** Who the credentials are. Asked once a client. */
  async identity(): Promise<Caller> {
    const asking = (this.caller ??= this.findCaller());
    asking.catch(() => { if (this.caller === asking) this.caller = undefined; });
    return await asking;
  }

  /**
   * The regional endpoint of STS, never the global one, whose tokens fail in opt-in regions
   * (https://github.com/connelldave/botocove/issues/77). A region that is not enabled refuses good credentials too, so
   * the next candidate is asked before they are called bad.
   */
  private async findCaller(): Promise<Caller> {
    const { homeRegion, regions = [] } = this.settings;
    const first = regions[0] ?? '';
    const fallback = first.startsWith('cn-') ? 'cn-north-1' : first.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';
    const candidates = homeRegion !== undefined ? [homeRegion] : [...new Set([...regions.slice(0, 3), fallback])];
    let refused: unknown;
    for (const region of candidates) {
      try {
        const answer = await this.sts(this.base, { action: 'GetCallerIdentity', region },
          (client, options) => client.send(new this.commands.GetCallerIdentityCommand({}), options));
        const caller = callerOf(answer.Arn, answer.Account, region);
        if (caller === undefined) throw new ProtocolError(`${this.context.source.name}: GetCallerIdentity named no caller`, undefined, { hint: 'Check baseUrl: what answered is not STS.' });
        return caller;
      } catch (error) {
        if (!(error instanceof AuthenticationError || error instanceof PermissionError)) throw error;
        refused ??= error;
      }
    }
    throw refused;
  }

  /** The configured accounts, in their order. A caller that can read none of them is a mistake of the configuration. */
  async accountIds(): Promise<readonly string[]> {
    const { account: own } = await this.identity();
    const { accounts, assumeRole, organization } = this.settings;
    if (accounts === undefined && organization) {
      throw new SourceConfigurationError(`${this.context.source.name}: listing the accounts of an organization is not built yet`, undefined, { hint: 'Name them under options.accounts.' });
    }
    if (accounts === undefined) return [own];
    if (assumeRole === undefined && !accounts.includes(own)) {
      throw new SourceConfigurationError(`${this.context.source.name}: options.accounts does not hold ${own}, the account of the credentials, and without options.assumeRole no other can be read`, undefined, {
        hint: `Add assumeRole: { roleName: … }, or "${own}" to accounts.`,
      });
    }
    return accounts;
  }

  /** Opens an account: its own session, or a role in it. Throws where the role is refused. */
  async account(id: string, stream?: string): Promise<Account> {
    const known = this.sessions.get(id);
    if (known !== undefined) return known;
    const { account: own } = await this.identity();
    const role = this.settings.assumeRole;
    let session: Session;
    if (role === undefined) {
      if (id !== own) {
        throw new PermissionError(`${this.context.source.name}: account ${id} is not the account of the credentials (${own}), and options.assumeRole is not set`, undefined, {
          hint: 'Name the role to assume under options.assumeRole.',
        });
      }
      session = this.base;
    } else {
      session = this.sessionOf(() => this.assume(id, stream));
      try {
        await session.sts((await this.identity()).region);
      } catch (error) {
        // The central account often has no such role: its own credentials read it, if they may.
        if (id !== own || !(error instanceof PermissionError)) throw error;
        this.context.log.warn('the role is not to be had in our own account: its credentials are used as they are', { account: id, role: role.roleName });
        session = this.base;
      }
    }
    const account = this.sessions.get(id) ?? { id, session };
    this.sessions.set(id, account);
    return account;
  }

  private async assume(account: string, stream?: string): Promise<AwsCredentials> {
    const { partition, region } = await this.identity();
    const role = this.settings.assumeRole!;
    const question = { action: 'AssumeRole', region, account, ...(stream !== undefined && { stream }) };
    const { Credentials: given } = await this.sts(this.base, question, (client, options) => client.send(new this.commands.AssumeRoleCommand({
      RoleArn: roleArn(partition, account, role.roleName), RoleSessionName: role.sessionName, DurationSeconds: 3600,
      ...(role.externalId !== undefined && { ExternalId: role.externalId }),
    }), options));
    if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) {
      throw new ProtocolError(`${this.context.source.name}: AssumeRole in account ${account} gave no credentials`);
    }
    return {
      accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken,
      ...(given.Expiration !== undefined && { expiresAt: given.Expiration.getTime() }),
    };
  }

  /** The regions that an account has enabled, sorted by code unit. Asked once an account. */
  async enabledRegions(account: Account, stream?: string): Promise<readonly string[]> {
    const asking = this.regions.get(account.id) ?? this.describeRegions(account, stream);
    this.regions.set(account.id, asking);
    asking.catch(() => { if (this.regions.get(account.id) === asking) this.regions.delete(account.id); });
    return await asking;
  }

  private async describeRegions(account: Account, stream?: string): Promise<readonly string[]> {
    const { region } = await this.identity();
    const question = { action: 'DescribeRegions', region, account: account.id, ...(stream !== undefined && { stream }) };
    const found = await this.ec2(account.session, question, async (client, options) =>
      mustHold((await client.send(new this.commands.DescribeRegionsCommand({}), options)).Regions, 'regionInfo'));
    return found.filter((entry) => entry.OptInStatus !== 'not-opted-in').flatMap((entry) => entry.RegionName ?? [])
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** Regions that some account was seen to have: what to name when an account cannot be asked for its own. */
  async likelyRegions(): Promise<readonly string[]> {
    for (const asking of this.regions.values()) {
      const known = await asking.catch(() => undefined);
      if (known !== undefined) return known;
    }
    try {
      return await this.enabledRegions({ id: (await this.identity()).account, session: this.base });
    } catch (error) {
      if (!(error instanceof SourceError) || error.code === 'interrupted') throw error;
      return ['*'];
    }
  }

  async ec2<T>(session: Session, question: Question, send: (client: EC2Client, options: CallOptions) => Promise<T>): Promise<T> {
    return await this.call('ec2', session, question, async (options) => {
      const { client, generation } = await session.ec2(question.region);
      this.sdk.setTime(client);
      return { generation, send: () => send(client, options) };
    });
  }

  private async sts<T>(session: Session, question: Question, send: (client: STSClient, options: CallOptions) => Promise<T>): Promise<T> {
    return await this.call('sts', session, question, async (options) => {
      const { client, generation } = await session.sts(question.region);
      this.sdk.setTime(client);
      return { generation, send: () => send(client, options) };
    });
  }

  private asked(service: Asked['service'], question: Question): Asked {
    const { source } = this.context;
    const suffix = question.region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    return { source: source.name, service, ...question, url: `${source.baseUrl ?? `https://${service}.${question.region}.${suffix}`}`.replace(/\/?$/, '/') };
  }

  /** Every call only reads, so each may be repeated. The credentials are renewed at most once. */
  private async call<T>(
    service: Asked['service'], session: Session, question: Question,
    prepare: (options: CallOptions) => Promise<{ readonly generation: number; readonly send: () => Promise<T> }>,
  ): Promise<T> {
    const { clock, signal, log } = this.context;
    const asked = this.asked(service, question);
    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted) throw interruptedWhile(asked);
      let generation = -1;
      try {
        const ready = await prepare({ abortSignal: AbortSignal.any([signal, AbortSignal.timeout(this.sdk.callTimeoutMs)]) });
        generation = ready.generation;
        return await this.limit(ready.send);
      } catch (error) {
        if (signal.aborted) throw interruptedWhile(asked);
        if (error instanceof SourceError) throw error;
        const fault = readFault(error, this.redact, clock.now());
        const mayRenew = (fault.kind === 'expired' || fault.kind === 'authentication') && generation >= 0 && !renewed && attempt < MOST_TRIES;
        if (mayRenew) {
          renewed = true;
          session.renew(generation);
          log.debug('credentials were refused once: renewed', { ...question, code: fault.code });
          continue;
        }
        if (!isTransient(fault) || attempt >= MOST_TRIES) throw translate(fault, asked, attempt, error);
        const least = fault.kind === 'throttled' && attempt >= PATIENT_FROM ? Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1)) / 2 : 0;
        const waitMs = Math.max(least, fullJitter(attempt, BACKOFF_BASE_MS, BACKOFF_CAP_MS, this.random), fault.retryAfterMs ?? 0);
        if (waitMs > MOST_WAIT_MS) throw new RateLimitedError(waitMs, undefined, { vendorWords: fault.words, cause: translate(fault, asked, attempt, error) });
        log.debug('waiting before another try', { ...question, attempt, waitMs, code: fault.code });
        await this.pause(waitMs, asked);
      }
    }
  }

  private async pause(ms: number, asked: Asked): Promise<void> {
    try {
      await this.context.clock.sleep(ms, this.context.signal);
    } catch (error) {
      throw this.context.signal.aborted ? interruptedWhile(asked) : error;
    }
  }
}

/**
 * The SDK reads a login page, an empty body or another service's answer as an answer without its list; a list that is
 * really empty is there, and empty. Taken for "nothing there", it would retire everything.
 */
export function mustHold<T>(list: readonly T[] | undefined, name: string): readonly T[] {
  if (list === undefined) throw Object.assign(new Error(`the answer holds no ${name}`), { name: 'UnusableAnswer' });
  return list;
}
