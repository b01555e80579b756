import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COUNTERS, HISTOGRAMS } from './declared.js';

const sources = (readdirSync('src', { recursive: true }) as string[]).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts')).map((file) => readFileSync(join('src', file), 'utf8'));
const used = (call: string): string[] => [...new Set(sources.flatMap((text) => [...text.matchAll(new RegExp(`\\.${call}\\(([^;]*?)[,)] *(?:\\{|[a-z(])`, 'g'))].flatMap(([, first = '']) => [...first.matchAll(/'(lockstep_[a-z_]+)'/g)].map(([, name]) => name as string))))].sort();

it.each([['count', COUNTERS], ['observe', HISTOGRAMS]] as const)('all that %s() is told of is declared', (call, declared) => {
  expect(used(call).length).toBeGreaterThan(2);
  expect(used(call).filter((name) => !(name in declared))).toEqual([]);
});
