import { createRedactor } from '../../connectors/sdk/http/redact.js';
import { createLogger, newErrorId, type LogLevel } from './index.js';

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
