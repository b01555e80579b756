import type { SourceRecord } from '../model/source-record.js';
import { contradictionsOf, type ObservedAsset } from './contradictions.js';

const DAY = 86_400_000;
const record = (source: string, role: SourceRecord['role'], more: Partial<SourceRecord> = {}): SourceRecord => ({
  key: `${source}/records/1`, source, stream: 'records', externalId: '1', role, state: 'live', identifiers: [], hostnames: [], claims: {}, confirmedAt: 100 * DAY, firstSeenAt: 0, lastSeenAt: 100 * DAY, ...more,
});
const power = (value: string): Partial<SourceRecord> => ({ claims: { power_state: { value, changedAt: null } } });
const kinds = (asset: ObservedAsset, asOf = 100 * DAY) => contradictionsOf(asset, asOf, 30 * DAY).map(({ kind }) => kind);

it.each<[string, ObservedAsset, readonly string[]]>([
  ['retired, and an agent still sees it', { stage: 'retired', since: 50 * DAY, records: [record('agent', 'agent')] }, ['retired_but_seen']],
  ['retired, and a cloud has it running', { stage: 'retired', since: 50 * DAY, records: [record('aws', 'cloud', power('running'))] }, ['disposed_but_running']],
  ['disposed by a baseline, and running', { stage: 'disposed', since: null, records: [record('aws', 'cloud', power('running'))] }, ['disposed_but_running']],
  ['retired, and the cloud says terminated', { stage: 'retired', since: 50 * DAY, records: [record('aws', 'cloud', power('terminated'))] }, []],
  ['retired after it was last seen', { stage: 'retired', since: 101 * DAY, records: [record('agent', 'agent')] }, []],
  ['retired, and only a service desk keeps it', { stage: 'retired', since: 50 * DAY, records: [record('crm', 'itsm')] }, []],
  ['retired, and its sighting is gone', { stage: 'retired', since: 50 * DAY, records: [record('agent', 'agent', { state: 'tombstoned' })] }, []],
  ['in use, and silent for long', { stage: 'in_use', since: 0, records: [record('crm', 'itsm'), record('agent', 'agent', { confirmedAt: 60 * DAY, lastSeenAt: 60 * DAY })] }, ['in_use_but_silent']],
  ['in use, and everything that saw it is gone for long', { stage: 'in_use', since: 0, records: [record('agent', 'agent', { state: 'tombstoned', confirmedAt: 10 * DAY, lastSeenAt: 10 * DAY })] }, ['in_use_but_silent']],
  ['in use, and confirmed by its scope', { stage: 'in_use', since: 0, records: [record('agent', 'agent', { lastSeenAt: 10 * DAY })] }, []],
  ['in use, and never seen by anybody', { stage: 'in_use', since: 0, records: [record('crm', 'itsm')] }, []],
  ['in maintenance, and silent', { stage: 'maintenance', since: 0, records: [record('agent', 'agent', { confirmedAt: 0, lastSeenAt: 0 })] }, []],
])('%s', (_, asset, expected) => expect(kinds(asset)).toEqual(expected));

it('names who speaks against the stage, and when last', () => {
  const [found] = contradictionsOf({ stage: 'retired', since: 0, records: [record('scan', 'discovery', { lastSeenAt: 5 * DAY }), record('aws', 'cloud', { ...power('running'), lastSeenAt: 7 * DAY })] }, 100 * DAY, 30 * DAY);

  expect(found).toEqual({ kind: 'disposed_but_running', at: 7 * DAY, records: ['aws/records/1'], because: 'retired, and running by aws' });
});
