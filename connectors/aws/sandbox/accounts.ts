import { createHash } from 'node:crypto';
import type { AwsSandboxOptions } from './options.js';
import { PARTITIONS, type Partition } from './partition.js';

/** Who signs: a user with a lasting key, or a session of a role. */
export interface Principal {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
  readonly secret: string;
  readonly kind: 'user' | 'session';
  readonly sessionToken?: string;
  /** ms UTC by the vendor's clock. */
  readonly expiresAt?: number;
  /** Region whose STS gave the session. */
  readonly issuedIn?: string;
}

export interface RegionState { readonly name: string; readonly optIn: 'opt-in-not-required' | 'opted-in' | 'not-opted-in' }

const code = (text: string, length: number, alphabet: string): string => {
  const bytes = createHash('sha512').update(text).digest();
  return Array.from({ length }, (_, index) => alphabet[(bytes[index % bytes.length] as number) % alphabet.length]).join('');
};
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Accounts, roles, keys and sessions. */
export class Accounts {
  readonly user: Principal;
  readonly roleName: string;
  readonly externalId: string | null;
  readonly maxSessionSeconds: number;
  readonly callerMayRead: boolean;
  readonly legacyGlobalTokens: boolean;
  private readonly keys = new Map<string, Principal>();
  private readonly denied: Set<string>;
  private readonly deniedAccounts: Set<string>;
  private readonly regionStates: Map<string, RegionState>;
  private issued = 0;

  constructor(readonly partition: Partition, readonly ids: readonly string[], regions: readonly string[], readonly seed: number, options: AwsSandboxOptions) {
    const home = ids[0];
    if (home === undefined) throw new RangeError('at least one account');
    for (const id of ids) if (!/^\d{12}$/.test(id)) throw new RangeError(`an account id has twelve digits: ${id}`);
    this.roleName = options.roleName ?? 'LockstepReader';
    this.externalId = options.externalId === undefined ? 'lockstep-sandbox' : options.externalId;
    this.maxSessionSeconds = options.maxSessionSeconds ?? 3_600;
    this.callerMayRead = options.callerMayRead ?? true;
    this.legacyGlobalTokens = options.legacyGlobalTokens ?? false;
    this.denied = new Set(options.deniedActions ?? []);
    this.deniedAccounts = new Set(options.deniedAccounts ?? []);
    const notOptedIn = new Set(options.notOptedIn ?? (partition === 'aws' ? ['me-central-1'] : []));
    this.regionStates = new Map(regions.map((name) => {
      const facts = PARTITIONS[partition].regions[name];
      if (facts === undefined) throw new RangeError(`partition ${partition} has no region ${name}`);
      if (notOptedIn.has(name) && !facts.optIn) throw new RangeError(`${name} needs no opting in`);
      return [name, { name, optIn: !facts.optIn ? 'opt-in-not-required' : notOptedIn.has(name) ? 'not-opted-in' : 'opted-in' }];
    }));
    this.user = {
      account: home, arn: `arn:${partition}:iam::${home}:user/lockstep`, userId: `AIDA${code(`user/${seed}`, 16, CAPITALS)}`,
      accessKeyId: `AKIA${code(`key/${seed}`, 16, CAPITALS)}`, secret: code(`secret/${seed}`, 40, BASE64), kind: 'user',
    };
    this.keys.set(this.user.accessKeyId, this.user);
  }

  get regions(): readonly RegionState[] { return [...this.regionStates.values()]; }
  region(name: string): RegionState | undefined { return this.regionStates.get(name); }
  enabled(name: string): boolean { return (this.regionStates.get(name)?.optIn ?? 'not-opted-in') !== 'not-opted-in'; }

  /** Enables or disables an opt-in region in all accounts. */
  setOptIn(name: string, on: boolean): void {
    const state = this.regionStates.get(name);
    if (state === undefined || state.optIn === 'opt-in-not-required') throw new RangeError(`${name} is no opt-in region here`);
    this.regionStates.set(name, { name, optIn: on ? 'opted-in' : 'not-opted-in' });
  }

  key(accessKeyId: string): Principal | undefined { return this.keys.get(accessKeyId); }

  roleArn(account: string): string { return `arn:${this.partition}:iam::${account}:role/${this.roleName}`; }

  /** Whether the trust policy of that role lets the caller in. */
  trusts(roleArn: string, externalId: string | undefined): string | undefined {
    const account = this.ids.find((id) => this.roleArn(id) === roleArn);
    if (account === undefined || this.deniedAccounts.has(account)) return undefined;
    return this.externalId === null || this.externalId === externalId ? account : undefined;
  }

  deny(account: string): void { this.deniedAccounts.add(account); }
  admit(account: string): void { this.deniedAccounts.delete(account); }
  forbid(action: string): void { this.denied.add(action); }
  permit(action: string): void { this.denied.delete(action); }

  /** `action` as policies spell it: `ec2:DescribeVolumes`. */
  allows(principal: Principal, action: string): boolean {
    if (this.denied.has(action) || this.denied.has(`${principal.account} ${action}`)) return false;
    return principal.kind === 'session' || this.callerMayRead || action.startsWith('sts:');
  }

  issue(account: string, sessionName: string, expiresAt: number, region: string): Principal {
    this.issued += 1;
    const text = `${this.seed}/${this.issued}/${account}/${sessionName}`;
    const session: Principal = {
      account, arn: `arn:${this.partition}:sts::${account}:assumed-role/${this.roleName}/${sessionName}`,
      userId: `AROA${code(`role/${account}`, 16, CAPITALS)}:${sessionName}`, accessKeyId: `ASIA${code(`key/${text}`, 16, CAPITALS)}`,
      secret: code(`secret/${text}`, 40, BASE64), kind: 'session', sessionToken: `IQoJb3JpZ2luX2Vj${code(`token/${text}`, 340, BASE64)}==`, expiresAt, issuedIn: region,
    };
    this.keys.set(session.accessKeyId, session);
    return session;
  }

  /** A session of an old global token is not valid where regions must be opted into. */
  validIn(principal: Principal, region: string): boolean {
    return !(this.legacyGlobalTokens && principal.issuedIn === PARTITIONS[this.partition].home && this.regionStates.get(region)?.optIn === 'opted-in');
  }

  /** Ends all sessions at once, as revoking them does. */
  expireSessions(at: number): void {
    for (const [id, principal] of this.keys) if (principal.kind === 'session') this.keys.set(id, { ...principal, expiresAt: at });
  }

  secrets(): readonly string[] {
    return [...this.keys.values()].flatMap(({ secret, sessionToken }) => [secret, ...(sessionToken === undefined ? [] : [sessionToken])]);
  }
}
