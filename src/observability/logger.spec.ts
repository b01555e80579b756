import { createRedactor } from '../../connectors/sdk/http/redact.js';
import { createLogger, levelFrom, newErrorId, serviceLog, type LogLevel } from './index.js';

function logged(level: LogLevel, secrets: readonly string[], work: (log: ReturnType<typeof createLogger>) => void): any[] {
  const lines: string[] = [];
  work(createLogger({ level, destination: { write: (line: string) => void lines.push(line) }, redactor: createRedactor(secrets), now: () => 0 }));
  expect(lines.join('')).not.toMatch(/s3cr3t-value/);
  return lines.map((line) => JSON.parse(line) as unknown);
}

it('writes one JSON object a line: a fixed message, the rest as fields', () => {
  expect(logged('info', [], (log) => log.child({ source: 'crm' }).info('run began', { mode: 'full' }))).toEqual([{ level: 'info', time: '1970-01-01T00:00:00.000Z', source: 'crm', mode: 'full', message: 'run began' }]);
});

it('leaves out what is below its level', () => {
  expect(logged('warn', [], (log) => { log.debug('a'); log.info('b'); log.warn('c'); log.error('d'); }).map(({ message }) => message)).toEqual(['c', 'd']);
});

it('lets no secret through: not in messages, fields, errors or causes, and not under telling keys', () => {
  const [first, second] = logged('debug', ['s3cr3t-value'], (log) => {
    log.warn('asked with s3cr3t-value', { url: 'https://x/?k=s3cr3t-value', deep: { list: ['s3cr3t-value'] }, error: new Error('no', { cause: new Error('Basic s3cr3t-value') }) });
    log.child({ note: 's3cr3t-value' }).info('b', { password: 'unknown to anybody', inner: { token: 'unknown too' } });
  });
  expect(first.message).toBe('asked with [redacted]');
  expect(second).toMatchObject({ note: '[redacted]', password: '[redacted]', inner: { token: '[redacted]' } });
});

it('gives ids that differ', () => expect(new Set(Array.from({ length: 50 }, newErrorId)).size).toBe(50));

it.each([[undefined, 'info'], ['', 'info'], ['debug', 'debug'], [' WARN ', 'warn'], ['trace', 'trace'], ['silent', 'silent']])('LOCKSTEP_LOG_LEVEL=%p logs at %s', (wanted, level) => {
  expect(levelFrom({ LOCKSTEP_LOG_LEVEL: wanted })).toBe(level);
});

it('refuses a level that is none, and names those there are', () => {
  expect(() => levelFrom({ LOCKSTEP_LOG_LEVEL: 'loud' })).toThrow('LOCKSTEP_LOG_LEVEL is "loud", which is no level: it takes trace, debug, info, warn, error, silent');
});

it('writes one line an event, whatever others wrote into it', () => {
  const lines: string[] = [];
  const forged = 'x\n{"level":"error","message":"forged"}\r\n\u0000\u001b[2J\u2028';
  const log = serviceLog({ env: { LOCKSTEP_LOG_LEVEL: 'trace' }, secrets: ['s3cr3t-value'], destination: { write: (line: string) => void lines.push(line) }, now: () => 0 });

  log.child({ [forged]: forged }).warn(forged, { text: forged, [`key ${forged}`]: [forged], level: 'error', time: 'never', message: 's3cr3t-value' });
  log.debug('quiet');

  const text = lines.join('');
  expect(lines).toHaveLength(2);
  expect(text.match(/\n/g)).toHaveLength(2);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|s3cr3t/);
  expect(lines.map((line) => JSON.parse(line) as { level: string }).map(({ level }) => level)).toHaveLength(2);
});
