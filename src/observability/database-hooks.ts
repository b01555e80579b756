import type { LoadedConfig } from '../config/types.js';
import type { DatabaseHooks } from '../database/tx.js';
import type { Metrics } from './metrics-port.js';

/** Waiting at the gate, leases that changed hands and writes that were refused, as they are counted. */
export function databaseHooks({ sources }: Pick<LoadedConfig, 'sources'>, metrics: Metrics): DatabaseHooks {
  const known = new Set(sources.map((source) => source.name));
  return {
    onGate: (seconds) => metrics.observe('lockstep_write_gate_wait_seconds', seconds),
    onLease: (event, lease) => {
      // `source:crm`: what it is for, and whose; a source that left the configuration gets no series of its own.
      const at = lease.indexOf(':');
      const [reason, source] = at < 0 ? ['other', lease] : [lease.slice(0, at), lease.slice(at + 1)];
      metrics.count(event === 'fenced' ? 'lockstep_fenced_writes_total' : 'lockstep_lease_takeovers_total', { source: known.has(source) ? source : '', reason: LEASES.has(reason) ? reason : 'other' });
    },
  };
}

const LEASES: ReadonlySet<string> = new Set(['source', 'push', 'refetch', 'inbox', 'job', 'schedule']);
