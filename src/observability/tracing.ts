import { SpanStatusCode, trace } from '@opentelemetry/api';

/** Names of the configuration, ids of runs, counts. Never a value of a record, and no words of a vendor. */
export type TraceFacts = Readonly<Record<string, string | number>>;

/**
 * A span over `work`, below whatever span is open. Without an SDK in the process this is next to nothing; which one, and
 * where spans go, is its owner's choice. `note` adds what is known only later.
 */
export async function traced<T>(name: string, facts: TraceFacts, work: (note: (facts: TraceFacts) => void) => Promise<T>): Promise<T> {
  return trace.getTracer('lockstep').startActiveSpan(`lockstep.${name}`, { attributes: attributesOf(facts) }, async (span) => {
    try {
      return await work((more) => void span.setAttributes(attributesOf(more)));
    } catch (error) {
      // The message may hold what a record says: its class tells enough, the log has the rest.
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error | undefined)?.name ?? 'error' });
      throw error;
    } finally {
      span.end();
    }
  });
}

const attributesOf = (facts: TraceFacts): Record<string, string | number> => Object.fromEntries(Object.entries(facts).map(([key, value]) => [`lockstep.${key}`, value]));
