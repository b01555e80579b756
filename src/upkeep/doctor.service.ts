import type { CheckFinding } from '../../connectors/sdk/contract/index.js';
import type { Database } from '../database/database.js';
import { DatabaseError } from '../database/errors.js';
import type { InboxCounts } from '../observability/collector.js';
import { checkSources, type SourcePorts } from '../sources/source.service.js';
import { databaseFindings, openBeside, workFacts } from './doctor/database.js';
import type { Finding } from './doctor/finding.js';
import { judgeConfiguration, judgeVersions, judgeWrites, type VersionFacts } from './doctor/surroundings.js';
import { judgeWork } from './doctor/work.js';

export interface DoctorPorts extends SourcePorts {
  readonly versions: VersionFacts;
  /** Deliveries that wait; absent: nobody keeps any. */
  readonly inbox?: InboxCounts;
}

/**
 * Looks at everything that Lockstep stands on, and at what is stuck; changes nothing, and works beside a running service.
 * Each finding is told as it comes: what hangs must not hide what is known.
 */
export class DoctorService {
  constructor(private readonly ports: DoctorPorts) {}

  /** `offline`: no source is asked. */
  async *examine({ offline = false }: { readonly offline?: boolean } = {}): AsyncIterable<Finding> {
    const { config, versions } = this.ports;
    yield* judgeConfiguration(config);
    yield judgeVersions(versions);
    const { database, findings } = await openBeside(config);
    yield* findings;
    try {
      if (database) yield* await this.guarded(() => databaseFindings(database, config.database.path, () => this.ports.clock.now()));
      if (!offline) for await (const { source, finding } of checkSources(this.ports)) yield sourceFinding(source, finding);
      if (database) yield* await this.guarded(() => this.work(database));
    } finally {
      await database?.close();
    }
    yield judgeWrites(config);
  }

  private async work(database: Database): Promise<Finding[]> {
    return judgeWork(await workFacts(database, this.ports.config, this.ports.clock.now(), this.ports.inbox));
  }

  /** A database that breaks while it is looked at is a finding, not the end. */
  private async guarded(look: () => Promise<Finding[]>): Promise<Finding[]> {
    try {
      return await look();
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? '');
      if (!(error instanceof DatabaseError) && !code.startsWith('SQLITE_') && !code.startsWith('ER_')) throw error;
      return [{ area: 'database', outcome: 'failed', message: (error as Error).message, next: error instanceof DatabaseError ? error.hint : 'see whether it is sound, else restore the latest backup' }];
    }
  }
}

const sourceFinding = (source: string, { what, outcome, message, hint, stream }: CheckFinding): Finding => ({
  area: 'sources', subject: source, outcome, message: `${stream === undefined ? '' : `${stream}: `}${what}: ${message}`, ...(hint !== undefined && { next: hint }),
});
