import { pino, type DestinationStream, type Logger } from 'pino';
import type { ConnectorLog } from '../../connectors/sdk/contract/index.js';
import { createRedactor, type Redactor } from '../../connectors/sdk/http/redact.js';

/** `trace` says no more than `debug`; it is what others call the most talkative level. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What everything logs to: fixed messages, the rest as fields. `error`: someone must act. `warn`: Lockstep coped. `info`: a run began or ended. */
export interface AppLog extends ConnectorLog {
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same with fields on every line. */
  child(fields: Readonly<Record<string, unknown>>): AppLog;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly destination: DestinationStream;
  readonly redactor?: Redactor;
  /** ms UTC. */
  readonly now?: () => number;
}

/** Keys whose values nobody wants to read in a log, whatever they hold. */
const PATHS = ['authorization', 'cookie', 'password', 'clientSecret', 'apiKey', 'apiToken', 'token', 'secret', 'secretAccessKey', 'sessionToken']
  .flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** JSON lines. pino's `redact` knows paths, the redactor knows values: a secret inside a message or an error goes too. */
export function createLogger({ level, destination, redactor = createRedactor(), now }: LoggerOptions): AppLog {
  const logger = pino({
    level, base: null, messageKey: 'message', ...(now && { timestamp: () => `,"time":"${new Date(now()).toISOString()}"` }), ...(!now && { timestamp: pino.stdTimeFunctions.isoTime }),
    formatters: { level: (label) => ({ level: label }) }, redact: { paths: PATHS, censor: '[redacted]' },
  }, destination);
  return adapt(logger, redactor);
}

/** The level that the environment asks for; what is no level is told, not guessed at. */
export function levelFrom(env: Readonly<Record<string, string | undefined>>): LogLevel {
  const wanted = env['LOCKSTEP_LOG_LEVEL']?.trim().toLowerCase();
  if (wanted === undefined || wanted === '') return 'info';
  const level = LOG_LEVELS.find((each) => each === wanted);
  if (level === undefined) throw new Error(`LOCKSTEP_LOG_LEVEL is "${wanted.slice(0, 40)}", which is no level: it takes ${LOG_LEVELS.join(', ')}`);
  return level;
}

/** The log of a service: one JSON object a line at the level of `LOCKSTEP_LOG_LEVEL`, without any secret of the configuration in whatever spelling. */
export function serviceLog({ env, secrets, ...options }: { readonly env: Readonly<Record<string, string | undefined>>; readonly secrets: readonly string[] } & Pick<LoggerOptions, 'destination' | 'now'>): AppLog {
  return createLogger({ ...options, level: levelFrom(env), redactor: createRedactor(secrets) });
}

function adapt(logger: Logger, redact: Redactor): AppLog {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](fields === undefined ? {} : { ...(redact.deep(fields) as object) }, redact(message));
  };
  return {
    debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'),
    child: (fields) => adapt(logger.child({ ...(redact.deep(fields) as object) }), redact),
  };
}
