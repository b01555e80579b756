import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../support/planted-tree.js';

interface Step { readonly instruction: string; readonly text: string; readonly flags: Readonly<Record<string, string>>; readonly list: readonly string[] }
interface Stage { readonly name: string; readonly from: string; readonly steps: readonly Step[] }
interface Reader { readDockerfile(text: string): readonly Stage[]; ignoredBy(text: string): (file: string) => boolean }

describe('the Dockerfile', () => {
  let reader: Reader;
  let stages: readonly Stage[] = [];
  beforeAll(async () => {
    reader = (await import(path.join(ROOT, '.ci/docker/dockerfile.mjs'))) as Reader;
    stages = reader.readDockerfile(readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8'));
  });
  const last = () => stages[stages.length - 1]!.steps;
  const step = (instruction: string) => last().filter((one) => one.instruction === instruction);

  it('builds in stages of a current LTS', () => {
    expect(stages.length).toBeGreaterThanOrEqual(3);
    expect(stages.map(({ from }) => from)).toEqual(stages.map(() => 'node:24-slim'));
  });

  it('runs as a numeric user that is not root', () => {
    expect(step('USER').map(({ text }) => text)).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  });

  it('leaves compilers and package managers out of the image', () => {
    const commands = step('RUN').map(({ text }) => text).join('\n');

    expect(commands).not.toMatch(/python3|make|g\+\+|npm (ci|install)/);
    expect(commands).toMatch(/rm -rf .*\/usr\/local\/lib\/node_modules/);
  });

  it('takes packages without those of development, and the build, from its stages', () => {
    const runs = (name: string) => stages.find((stage) => stage.name === name)!.steps.filter(({ instruction }) => instruction === 'RUN').map(({ text }) => text);

    expect(runs('dependencies')).toEqual(['npm ci --omit=dev --ignore-scripts && rm -rf node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver']);
    expect(runs('build')).toEqual(['npm ci --ignore-scripts', 'npm run build']);
    expect(step('COPY').flatMap(({ flags }) => flags['from'] ?? [])).toEqual(['dependencies', 'build']);
  });

  it('hands signals on and enters by the command line', () => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string> };

    expect(step('ENTRYPOINT')[0]!.list).toEqual(['tini', '--', 'node', `/app/${manifest.bin['lockstep']}`]);
  });

  it('is asked for its health through the command line, by the program that it enters by', () => {
    const [check, ...more] = step('HEALTHCHECK');
    const entered = step('ENTRYPOINT')[0]?.list ?? [];

    expect(more).toEqual([]);
    expect(JSON.parse(check!.text.replace(/^CMD /, ''))).toEqual([...entered.slice(entered.indexOf('--') + 1), 'doctor', '--live']);
    // Longer than doctor itself waits for an answer.
    expect(check!.flags).toMatchObject({ timeout: '10s', retries: '3' });
  });

  it('is sent every file that it copies, and no test', () => {
    const ignored = reader.ignoredBy(readFileSync(path.join(ROOT, '.dockerignore'), 'utf8'));
    const copied = stages.flatMap(({ steps }) => steps).filter(({ instruction, flags }) => instruction === 'COPY' && !flags['from']).flatMap(({ list }) => list.slice(0, -1));

    expect(copied.filter((file) => ignored(file))).toEqual([]);
    expect(['test/walls/imports.spec.ts', 'src/core/a.spec.ts', 'node_modules/yaml/index.js', '.git/config', 'data/lockstep.db', 'docs/architecture.md'].filter((file) => !ignored(file))).toEqual([]);
    expect(['src/core/a.ts', 'connectors/acme/fixtures/a.json', 'package.json'].filter((file) => ignored(file))).toEqual([]);
  });

  it('is refused by the rehearsal where it uses what the rehearsal does not know', () => {
    expect(() => reader.readDockerfile('FROM node:24-slim\nONBUILD RUN x')).toThrow(/does not know ONBUILD/);
    expect(() => reader.readDockerfile('RUN x')).toThrow(/before the first FROM/);
  });
});
