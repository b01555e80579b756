import type { LoadedConfig } from '../../config/types.js';
import type { Finding } from './finding.js';

const MIB = 1_048_576;

export interface DiskFacts {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** The database file with its log. */
  readonly databaseBytes: number;
}

const size = (bytes: number): string => (bytes >= 1_024 * MIB ? `${(bytes / (1_024 * MIB)).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`);

export function judgeDisk({ freeBytes, totalBytes, databaseBytes }: DiskFacts): Finding {
  const message = `${size(databaseBytes)} in use, ${size(freeBytes)} of ${size(totalBytes)} free`;
  const common = { area: 'database', subject: 'disk', message } as const;
  if (freeBytes < 100 * MIB) return { ...common, outcome: 'failed', next: 'free some space now: with a full disk nothing can be stored' };
  if (freeBytes < totalBytes * 0.1 || freeBytes < databaseBytes) return { ...common, outcome: 'warning', next: freeBytes < databaseBytes ? 'a backup on this disk would not fit: free some space, or keep backups elsewhere' : 'free some space before it is full' };
  return { ...common, outcome: 'ok' };
}

export interface VersionFacts { readonly version: string; readonly node: string; readonly platform: string }

/** package.json says from which Node on. */
const LEAST_NODE = [20, 19] as const;

export function judgeVersions({ version, node, platform }: VersionFacts): Finding {
  const [major = 0, minor = 0] = node.replace(/^v/, '').split('.').map(Number);
  const message = `Lockstep ${version} on Node ${node.replace(/^v/, '')}, ${platform}`;
  const isOld = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  return isOld ? { area: 'versions', outcome: 'failed', message, next: `run it with Node ${LEAST_NODE.join('.')} or later` } : { area: 'versions', outcome: 'ok', message };
}

/** What is allowed and unwise. */
export function judgeConfiguration({ sources, server }: Pick<LoadedConfig, 'sources' | 'server'>): Finding[] {
  const unwise: Finding[] = [
    ...sources.filter(({ tls }) => tls?.rejectUnauthorized === false).map(({ name }): Finding => ({ area: 'configuration', subject: name, outcome: 'warning', message: 'its certificate is not checked: whoever stands in between reads and changes everything', next: 'name its authority in tls.caFile, and take rejectUnauthorized out' })),
    ...(server.publicUrl?.startsWith('http://') && !LOOPBACK.test(server.publicUrl) ? [{ area: 'configuration', subject: 'server.publicUrl', outcome: 'warning', message: 'it is plain http: deliveries and tokens travel in the open', next: 'put a proxy with TLS in front, and give its https address' } as const] : []),
  ];
  return unwise.length > 0 ? unwise : [{ area: 'configuration', outcome: 'ok', message: `${sources.length === 1 ? '1 source' : `${sources.length} sources`}, no problems` }];
}
const LOOPBACK = /^http:\/\/(localhost|127\.|\[::1\])/;

export function judgeWrites({ environment, sources }: Pick<LoadedConfig, 'environment' | 'sources'>): Finding {
  const targets = sources.filter((source) => source.push.enabled).map(({ name }) => name);
  const area = 'writes' as const;
  if (targets.length === 0) return { area, outcome: 'ok', message: 'no source is written to: push is enabled for none' };
  if (environment.writes) return { area, outcome: 'ok', message: `writes are on: ${targets.join(', ')}` };
  return { area, outcome: 'warning', message: `nothing is written to ${targets.join(', ')}: environment.writes is off`, next: 'look at `lockstep push --dry-run`, then set it to on' };
}

/** More than this and times of two systems can no longer be told apart. */
const MOST_SKEW_MS = 5_000;

export function judgeServerClock(ours: number, theirs: number): Finding {
  const off = Math.round((theirs - ours) / 1_000);
  const common = { area: 'database', subject: 'clock' } as const;
  if (Math.abs(theirs - ours) <= MOST_SKEW_MS) return { ...common, outcome: 'ok', message: 'its clock agrees with this one' };
  return { ...common, outcome: 'warning', message: `its clock is ${Math.abs(off)} s ${off > 0 ? 'ahead' : 'behind'}`, next: 'keep both machines to one time (NTP): leases and schedules go by it' };
}
