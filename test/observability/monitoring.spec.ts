import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/observability/declared.js';
import { ServiceMetrics } from '../../src/observability/metrics.js';
import { ROOT } from '../support/planted-tree.js';
import { Scraped } from '../support/scraped.js';
import { FAULTS, measuredTools, type Measured } from '../support/service-faults.js';

interface Rule { readonly alert: string; readonly expr: string; readonly for: string; readonly labels: { readonly severity: string }; readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string } }

const read = (file: string): string => readFileSync(path.join(ROOT, 'docs/monitoring', file), 'utf8');
const { rules } = (parse(read('lockstep.rules.yaml')) as { groups: [{ rules: Rule[] }] }).groups[0];
const dashboard = JSON.parse(read('grafana-dashboard.json')) as { panels: { title: string; targets: { expr: string }[] }[] };

const SERIES = new Set([...Object.keys({ ...COUNTERS, ...GAUGES }), ...Object.keys(HISTOGRAMS).flatMap((name) => ['sum', 'count', 'bucket'].map((part) => `${name}_${part}`))]);
const DECLARED = { ...COUNTERS, ...GAUGES, ...HISTOGRAMS } as Readonly<Record<string, { readonly labels: readonly string[] }>>;
const namesIn = (text: string): string[] => text.match(/\blockstep_\w+/g) ?? [];

describe('rules and dashboard', () => {
  it('ask only for series that there are', () => {
    const asked = [...rules.map(({ expr }) => expr), ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))].flatMap(namesIn);

    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !SERIES.has(name))).toEqual([]);
  });

  it('speak only of labels that their series have', () => {
    const ofRules = rules.flatMap(({ alert, expr, annotations }) => [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map((found) => [alert, namesIn(expr)[0] as string, found[1] as string] as const));
    const ofPanels = dashboard.panels.flatMap(({ title, targets }) => targets.flatMap(({ expr }) => [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap((found) => (found[1] as string).split(', ').map((label) => [title, namesIn(expr)[0] as string, label] as const))));

    expect([...ofRules, ...ofPanels].filter(([, name, label]) => label !== 'le' && !DECLARED[name.replace(/_(sum|count|bucket)$/, (part) => (DECLARED[name] ? part : ''))]?.labels.includes(label))).toEqual([]);
  });

  it('are eight to twelve alerts, each with a part of its own in the runbooks, which has no other', () => {
    const headings = [...read('runbooks.md').matchAll(/^## (\w+)$/gm)].map((found) => found[1] as string);

    expect(rules.length).toBeGreaterThanOrEqual(8);
    expect(rules.length).toBeLessThanOrEqual(12);
    expect(headings).toEqual(rules.map(({ alert }) => alert));
    expect(rules.filter(({ alert, annotations, labels }) => annotations.runbook !== `docs/monitoring/runbooks.md#${alert.toLowerCase()}` || !annotations.summary || !annotations.description || !['critical', 'warning', 'info'].includes(labels.severity)).map(({ alert }) => alert)).toEqual([]);
    expect(rules.filter(({ expr }) => !read('runbooks.md').includes(`\`${expr}\``)).map(({ alert }) => alert)).toEqual([]);
  });

  it('fill a grid without a gap and without a panel upon another', () => {
    const places = (dashboard.panels as unknown as { gridPos: { x: number; y: number; w: number; h: number } }[]).map(({ gridPos: { x, y } }) => `${x},${y}`);

    expect(new Set(places).size).toBe(places.length);
  });
});

/** `series op number`, or `rate(series[range]) / rate(series[range]) op number` over what came between two scrapes. */
function fires(expr: string, before: Scraped, after: Scraped): boolean {
  const [, left = '', op = '', right = ''] = /^(.*\S)\s+(>=|==|<|>)\s+(\S+)$/.exec(expr) ?? [];
  const limit = Number(right);
  const holds = (value: number): boolean => (op === '>' ? value > limit : op === '>=' ? value >= limit : op === '<' ? value < limit : op === '==' && value === limit);
  if (/^lockstep_\w+$/.test(left)) return after.all(left).some(({ value }) => holds(value));
  const [, above, below] = /^rate\((\w+)\[\w+\]\) \/ rate\((\w+)\[\w+\]\)$/.exec(left) ?? [];
  if (above === undefined || below === undefined || Number.isNaN(limit)) throw new Error(`the evaluator cannot read ${expr}`);
  const rose = (name: string): number => after.value(name) - before.value(name);
  return rose(below) > 0 && holds(rose(above) / rose(below));
}

describe('each alert', () => {
  const firing = (before: Scraped, after: Scraped): string[] => rules.filter(({ expr }) => fires(expr, before, after)).map(({ alert }) => alert);
  let product: Measured | undefined;
  afterEach(async () => {
    await product?.close();
    product = undefined;
  });

  it('is silent while all is well', async () => {
    product = await measuredTools();
    const before = await product.scrape();

    expect(firing(before, await product.scrape())).toEqual([]);
  });

  it.each(FAULTS.filter(({ alert }) => alert !== undefined).map((fault) => [fault.alert as string, fault.name, fault] as const))('%s fires on %s', async (alert, _name, { open, happen }) => {
    product = await open();
    const before = await product.scrape();
    expect(firing(before, before)).not.toContain(alert);

    await happen(product);

    expect(firing(before, await product.scrape())).toContain(alert);
  });

  it('of the disk fires by what is free', async () => {
    const scraped = async (free: number): Promise<Scraped> => {
      const metrics = new ServiceMetrics({ clock: { now: () => 0 }, version: '0' });
      metrics.ask(async () => [{ name: 'lockstep_disk_free_ratio', value: free }]);
      return new Scraped(await metrics.scrape());
    };

    expect(firing(await scraped(0.5), await scraped(0.2))).toEqual([]);
    expect(firing(await scraped(0.5), await scraped(0.05))).toEqual(['LockstepDiskFilling']);
  });

  it('has a fault that fires it', () => {
    const proved = new Set([...FAULTS.flatMap(({ alert }) => alert ?? []), 'LockstepDiskFilling']);

    expect(rules.map(({ alert }) => alert).filter((alert) => !proved.has(alert))).toEqual([]);
    expect([...proved].filter((alert) => !rules.some((rule) => rule.alert === alert))).toEqual([]);
  });
});
