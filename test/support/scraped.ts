/** What one scrape told: `name{label="value"}` with its labels in order of their names, and its value. */
export class Scraped {
  private readonly series = new Map<string, { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }>();

  constructor(readonly text: string) {
    for (const line of text.split('\n')) {
      const found = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
      if (!found) continue;
      const labels = Object.fromEntries([...(found[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((each) => [each[1] as string, each[2] as string]));
      this.series.set(line.slice(0, line.lastIndexOf(' ')), { name: found[1] as string, labels, value: Number(found[3]) });
    }
  }

  get names(): ReadonlySet<string> {
    return new Set([...this.series.values()].map(({ name }) => name));
  }

  /** Every series of that name whose labels hold these. */
  all(name: string, labels: Readonly<Record<string, string>> = {}): { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] {
    return [...this.series.values()].filter((each) => each.name === name && Object.entries(labels).every(([label, value]) => each.labels[label] === value));
  }

  /** Their sum; 0 where there is none. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.all(name, labels).reduce((sum, { value }) => sum + value, 0);
  }
}
