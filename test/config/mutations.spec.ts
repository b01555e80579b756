import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem, loadConfig, type ConfigProblem } from '../../src/config/index.js';
import { mutate, MUTATION_KINDS, type Mutation } from './mutations.js';
import { CATALOGUE, ENV, folderOf, loaded } from './support.js';

const BASE = `version: 1
environment:
  name: production
  writes: on
database:
  url: "mysql://lockstep:\${env:DB_PASSWORD}@db.example.com:3306/lockstep"
server:
  host: 127.0.0.1
  port: 8080
sources:
  acme-prod:
    connector: acme
    role: itsm
    baseUrl: https://acme.example.com
    auth:
      method: basic
      username: robot
      password: "\${env:ACME_PASSWORD}"
    streams: [computers, assets]
    where: "class = 'server'"
    schedule:
      incremental: "*/5 * * * *"
      full: 12h
      timezone: Europe/Berlin
      jitter: 30s
    push:
      enabled: true
      fields: [stage, location]
      mode: update
      onConflict: { default: hold, location: newest }
      maxPushRatio: 0.2
    safety:
      maxDeleteRatio: 0.1
      minDeletes: 10
      missingFor: 2d
    options:
      regions: [eu-1, eu-2]
      pageSize: 50
  cves:
    connector: bare
    auth: { method: api_key, apiKey: "\${env:HOOK}" }
identity:
  sharedLimit: 5
  junk: { serial: ["DEFAULT*"] }
authority:
  stage: { order: [acme-prod] }
  hardware:
    os_version: { order: [acme-prod], staleAfter: 14d }
lifecycle:
  protected: [retired, disposed]
  tieWindow: 2m
  rules:
    - name: seen-first
      when: "stage = 'acquired' and first_seen_by('discovery')"
      to: deployed
retention:
  rawVersions: 3
  inbox: 30d
  attempts: 90d
`;
const SECRETS = [ENV['ACME_PASSWORD']!, ENV['HOOK']!, ENV['DB_PASSWORD']!, encodeURIComponent(ENV['DB_PASSWORD']!), 'SECRET-canary'];
const COUNT = 1_000;

interface Run { readonly seed: number; readonly mutation: Mutation; readonly problems: readonly ConfigProblem[] }

describe(`${COUNT} mistakes in a right configuration`, () => {
  const runs: Run[] = [];
  beforeAll(async () => {
    await loaded(BASE);                                                   // it is right before it is mutated
    const folder = folderOf({});
    for (let seed = 1; seed <= COUNT; seed++) {
      const mutation = mutate(BASE, seed);
      writeFileSync(join(folder, 'lockstep.yaml'), mutation.text);
      const result = await loadConfig({ files: ['lockstep.yaml'], env: ENV, catalogue: CATALOGUE, cwd: folder });
      runs.push({ seed, mutation, problems: result.ok ? [] : result.problems });
    }
  }, 60_000);

  const failing = (holds: (run: Run) => boolean): readonly string[] => runs.filter((run) => !holds(run)).map(({ seed, mutation, problems }) => `seed ${seed}, ${mutation.kind}, lines ${mutation.lines.join('/')}: ${problems.map((problem) => formatProblem(problem)).join(' | ').slice(0, 300)}`);

  it('are each told', () => expect(failing(({ problems }) => problems.length > 0)).toEqual([]));

  it('are told on the right line, in at least 95 of 100', () => {
    const missed = failing(({ mutation, problems }) => problems.length === 0 || mutation.lines.includes(problems[0]!.line));

    if (missed.length > COUNT / 20) throw new Error(missed.slice(0, 60).join('\n'));
  });

  it('are told once or twice, not in heaps', () => {
    const heaps = failing(({ problems }) => problems.length <= 3);

    if (heaps.length > COUNT / 50) throw new Error(heaps.slice(0, 40).join('\n'));
  });

  it('name the nearest key where one was misspelled', () => {
    const misspelled = runs.filter(({ mutation }) => mutation.nearest !== undefined);

    expect(misspelled.length).toBeGreaterThan(30);
    expect(failing(({ mutation, problems }) => mutation.nearest === undefined || problems.some((problem) => problem.suggestion === mutation.nearest))).toEqual([]);
  });

  it('never show a secret, neither in one line nor with the source', () => {
    const shown = runs.map(({ seed, problems }) => `${seed} ${JSON.stringify(problems)} ${problems.map((problem) => formatProblem(problem, { source: true })).join('\n')}`);

    for (const secret of SECRETS) expect(shown.filter((text) => text.includes(secret))).toEqual([]);
    expect(runs.filter(({ mutation }) => mutation.text.includes('SECRET-canary')).length).toBeGreaterThan(5);
  });

  it('are of every kind', () => expect(new Set(runs.map(({ mutation }) => mutation.kind)).size).toBe(MUTATION_KINDS.length));
});

it('the generator is the same for the same seed', () => {
  expect(mutate(BASE, 7)).toEqual(mutate(BASE, 7));
});
