import { isIP } from 'node:net';
import { CronTime } from 'cron';
import { parseDuration } from './durations.js';
import { nearest } from './nearest.js';
import { SOURCE_ROLES, LIFECYCLE_STAGES } from '../../connectors/sdk/contract/index.js';
import type { Format } from './shape.js';

const DURATION = 'a duration such as 30s, 5m, 2h or 7d';

export const duration: Format = {
  name: 'isDuration', expected: DURATION, schema: { pattern: '^\\d{1,9}[smhd]$' },
  judge: (text) => (parseDuration(text) !== undefined ? undefined : { what: 'no duration', ...durationHint(text) }),
};

/** `staleAfter`: a duration, or `never`. */
export const durationOrNever: Format = {
  name: 'isDurationOrNever', expected: `${DURATION}, or never`, schema: { pattern: '^(never|\\d{1,9}[smhd])$' },
  judge: (text) => (text === 'never' ? undefined : duration.judge(text)),
};

/** A bare number gets no unit by guess, only the question which one was meant. */
function durationHint(text: string): { suggestion?: string; hint?: string } {
  if (/^\d+$/.test(text)) return { hint: `say the unit: ${text}s, ${text}m, ${text}h or ${text}d` };
  const found = /^(\d+)\s*([a-z]+)$/i.exec(text.trim());
  const unit = found ? UNIT_WORDS[found[2]!.toLowerCase()] : undefined;
  return found && unit ? { suggestion: unit === 'w' ? `${Number(found[1]) * 7}d` : `${found[1]}${unit}` } : {};
}
const UNIT_WORDS: Readonly<Record<string, string>> = {
  s: 's', sec: 's', secs: 's', second: 's', seconds: 's', m: 'm', min: 'm', mins: 'm', minute: 'm', minutes: 'm', h: 'h', hr: 'h', hrs: 'h', hour: 'h', hours: 'h',
  d: 'd', day: 'd', days: 'd', w: 'w', week: 'w', weeks: 'w',
};

/** Five fields, or six with seconds: what the scheduler's own engine takes. */
export const cronOrDuration: Format = {
  name: 'isCronOrDuration', expected: `a cron expression such as "*/5 * * * *", or ${DURATION}`,
  judge: (text) => {
    if (parseDuration(text) !== undefined) return undefined;
    const fields = text.trim().split(/\s+/).length;
    if (fields === 1) return { what: 'bad schedule', ...durationHint(text) };
    if (fields !== 5 && fields !== 6) return { what: 'bad cron expression', hint: `it has ${fields} fields; five are minute, hour, day of month, month, day of week` };
    const step = tooLongStep(text.trim().split(/\s+/));
    if (step !== undefined) return { what: 'bad cron expression', hint: step };
    try {
      new CronTime(text.trim());
      return undefined;
    } catch (error) {
      return { what: 'bad cron expression', hint: (error as Error).message.split('\n')[0]!.slice(0, 120) };
    }
  },
};

/** A step beyond its field (every 99 minutes) would quietly mean once a round. */
function tooLongStep(fields: readonly string[]): string | undefined {
  const sizes = [60, 60, 24, 31, 12, 7].slice(-fields.length);
  for (const [index, field] of fields.entries()) {
    const found = /\/(\d+)/.exec(field);
    if (found && (Number(found[1]) >= sizes[index]! || Number(found[1]) === 0)) return `the step of "${field.slice(0, 20)}" must be between 1 and ${sizes[index]! - 1}`;
  }
  return undefined;
}

/** Asking costs a formatter each time. */
const KNOWN_ZONES = new Set<string>();

export const timeZone: Format = {
  name: 'isTimeZone', expected: 'an IANA time zone such as Europe/Berlin or UTC',
  judge: (text) => {
    if (KNOWN_ZONES.has(text)) return undefined;
    try {
      new Intl.DateTimeFormat('en', { timeZone: text });
      if (KNOWN_ZONES.size < 1_000 && !/^[+-]/.test(text)) KNOWN_ZONES.add(text);
      return /^[+-]/.test(text) ? { what: 'bad time zone', hint: 'an offset knows no summer time' } : undefined;
    } catch {
      const zones = Intl.supportedValuesOf('timeZone');
      return { what: 'unknown time zone', suggestion: nearest(text, zones) ?? nearest(text, zones.map((zone) => zone.split('/').at(-1)!)) };
    }
  },
};

function url(name: string, protocols: readonly string[], example: string): Format {
  const expected = `a URL such as ${example}`;
  return { name, expected, judge: (text) => {
    if (/\s/.test(text)) return { what: 'bad URL', hint: 'it holds white space' };
    if (!URL.canParse(text)) return { what: 'bad URL', suggestion: URL.canParse(`${protocols[0]}//${text}`) && /^[\w-]+(\.[\w-]+)+/.test(text) ? `${protocols[0]}//${text}` : undefined };
    const parsed = new URL(text);
    if (!protocols.includes(parsed.protocol)) return { what: 'bad URL', found: `the protocol "${parsed.protocol.slice(0, 20)}"`, expected: `${protocols.join(' or ')} as in ${example}`, suggestion: nearest(parsed.protocol, protocols) };
    return parsed.hostname === '' ? { what: 'bad URL', hint: 'it names no host' } : undefined;
  } };
}

export const httpUrl = url('isHttpUrl', ['https:', 'http:'], 'https://acme.example.com');
export const redisUrl = url('isRedisUrl', ['redis:', 'rediss:'], 'redis://127.0.0.1:6379');
export const smtpUrl = url('isSmtpUrl', ['smtps:', 'smtp:'], 'smtps://user:${env:SMTP_PASSWORD}@mail.example.com:465');
const mysqlUrl = url('isMysqlUrl', ['mysql:'], 'mysql://user:${env:DB_PASSWORD}@host:3306/lockstep');

/** `sqlite:` and a path, or `mysql://` with host and database. */
export const databaseUrl: Format = {
  name: 'isDatabaseUrl', expected: '"sqlite:./data/lockstep.db" or "mysql://user:${env:DB_PASSWORD}@host:3306/lockstep"',
  judge: (text) => {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1];
    if (scheme === undefined) return { what: 'bad database URL', suggestion: /\.(db|sqlite3?)$/.test(text) ? `sqlite:${text}` : undefined };
    if (scheme === 'sqlite') return text.length > 'sqlite:'.length && !text.startsWith('sqlite://') ? undefined : { what: 'bad database URL', hint: 'the path follows "sqlite:" at once, without "//"' };
    if (scheme !== 'mysql') return { what: 'unknown database', found: `"${scheme.slice(0, 20)}:"`, suggestion: nearest(scheme, ['sqlite', 'mysql']) ?? (/^maria/.test(scheme) ? 'mysql' : undefined) };
    const wrong = mysqlUrl.judge(text);
    if (wrong) return wrong;
    return new URL(text).pathname.length > 1 ? undefined : { what: 'bad database URL', hint: 'it names no database behind the host' };
  },
};

/** `500/h`: so many in a second, minute, hour or day. */
export const rate: Format = {
  name: 'isRate', expected: 'a rate such as 500/h (s, m, h or d)', schema: { pattern: '^[1-9]\\d{0,8}/[smhd]$' },
  judge: (text) => (/^[1-9]\d{0,8}\/[smhd]$/.test(text) ? undefined : { what: 'bad rate' }),
};

export const WEEKDAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;
const DAYS = `(?:${WEEKDAYS.join('|')})(?:-(?:${WEEKDAYS.join('|')}))?`;
export const QUIET = new RegExp(`^(?:(${DAYS}(?:,${DAYS})*) )?([01]\\d|2[0-3]):([0-5]\\d)-([01]\\d|2[0-3]|24(?=:00$)):([0-5]\\d)$`);

/** `Mo-Fr 08:00-10:00`, `Sa,Su 00:00-24:00`; without days: every day; over midnight: `22:00-06:00`. */
export const quietHours: Format = {
  name: 'isQuietHours', expected: 'hours such as "Mo-Fr 08:00-10:00" (days Mo Tu We Th Fr Sa Su)', schema: { pattern: QUIET.source.replace('(?=:00$)', '') },
  judge: (text) => (QUIET.test(text) ? undefined : { what: 'bad quiet hours' }),
};

/** `role:itsm`, or the name of a source (whether there is such a source is asked later). */
export const authorityName: Format = {
  name: 'isAuthorityName', expected: `the name of a source, or role: and one of ${SOURCE_ROLES.join(', ')}`,
  judge: (text) => {
    if (!text.startsWith('role:')) return undefined;
    const role = text.slice('role:'.length);
    if ((SOURCE_ROLES as readonly string[]).includes(role)) return undefined;
    const near = nearest(role, SOURCE_ROLES);
    return { what: 'unknown role', offset: 'role:'.length, suggestion: near && `role:${near}` };
  },
};

/** `retired -> in_use`. */
export const transition: Format = {
  name: 'isTransition', expected: `two different stages as in "retired -> in_use" (stages: ${LIFECYCLE_STAGES.join(', ')})`,
  judge: (text) => {
    const [from, to, more] = text.split('->').map((part) => part.trim());
    if (from === undefined || to === undefined || more !== undefined) return { what: 'bad transition' };
    const unknown = [from, to].find((stage) => !(LIFECYCLE_STAGES as readonly string[]).includes(stage));
    if (unknown !== undefined) {
      const near = nearest(unknown, LIFECYCLE_STAGES);
      return { what: 'unknown stage', offset: Math.max(0, text.indexOf(unknown)), suggestion: near && text.replace(unknown, near) };
    }
    return from === to ? { what: 'bad transition' } : undefined;
  },
};

export const address: Format = {
  name: 'isAddress', expected: 'an IP address or a network such as 10.0.0.0/8',
  judge: (text) => {
    const [ip, bits, more] = text.split('/');
    const family = isIP(ip ?? '');
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
    return family !== 0 && fits && more === undefined ? undefined : { what: 'bad address' };
  },
};

export const snakeName: Format = {
  name: 'isSnakeName', expected: 'a name of small letters, digits and "_", such as rack_server', schema: { pattern: '^[a-z][a-z0-9_]{0,62}$' },
  judge: (text) => (/^[a-z][a-z0-9_]{0,62}$/.test(text) ? undefined : { what: 'bad name' }),
};

/** A bundled connector, a package or a path; which ones there are is asked of the catalogue. */
export const filled: Format = {
  name: 'isFilled', expected: 'a text', schema: { minLength: 1 },
  judge: (text) => (text.trim() === '' ? { what: 'empty', expected: 'a text that is not empty' } : undefined),
};
