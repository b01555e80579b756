import { StatementCounter } from '../../bench/statements.js';
import { computer, openLab, type LabRecord } from '../support/lab.js';

const SIZES = [40, 160] as const;
const record = (at: number, version: number): LabRecord => computer(`r${at}`, {
  serial: `SER-${at * 7919}-${at}`, bios_uuid: `4c4c4544-00${String(at).padStart(2, '0').slice(-2)}-4a10-8051-${String(at).padStart(12, '0')}`, mac: `3c:52:82:${[at >> 8, at & 255, 7].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`,
  name: `machine-${version}-${at}`, os_version: `10.${version}`,
}, { modifiedAt: Date.UTC(2026, 0, 1 + version) });

export interface BatchStatements {
  readonly phase: string;
  /** By shape, for a batch of 40 and for one of 160 records. */
  readonly small: Readonly<Record<string, number>>;
  readonly large: Readonly<Record<string, number>>;
}

/** What one batch sends the database, for two sizes of batch, in every way in which a batch can differ from what is stored. */
export async function statementsOfBatches(urlOf: () => Promise<{ readonly url: string; drop(): Promise<void> }>): Promise<BatchStatements[]> {
  const found = new Map<string, Record<string, number>[]>();
  for (const size of SIZES) {
    const { url, drop } = await urlOf();
    const counter = new StatementCounter();
    // The address goes to the engine alone: a configuration takes no literal password.
    const lab = await openLab({ engine: { url, onStatement: counter.onStatement } });
    lab.world.pageSize = 1_000;
    // Three raw payloads are kept of a record: the fifth version is the first that puts one away.
    const phases: readonly (readonly [string, number])[] = [['first load', 0], ['unchanged', 0], ['changed', 1], ['changed again', 2], ['changed a third time', 3], ['with an old payload put away', 4]];
    for (const [phase, version] of phases) {
      lab.world.records.set('alpha', Array.from({ length: size }, (_, at) => record(at, version)));
      counter.reset();
      await lab.sync();
      found.set(phase, [...(found.get(phase) ?? []), Object.fromEntries(counter.byShape())]);
      lab.clock.advance(60_000);
    }
    await lab.close();
    await drop();
  }
  return [...found].map(([phase, [small, large]]) => ({ phase, small: small as Record<string, number>, large: large as Record<string, number> }));
}
