import { HOLDS, LIFECYCLE_STAGES } from '../../../connectors/sdk/contract/index.js';
import { anything, instant, integer, list, map, oneOf, orNull, propertiesOf, record, ref, text, type Components, type Schema } from '../schema/schema.js';

const stage = oneOf(LIFECYCLE_STAGES, { description: 'a stage of the life cycle' });
const hold = oneOf(HOLDS);
const value: Schema = { type: ['string', 'number', 'boolean', 'array', 'object'], description: 'as the attribute’s type wants it' };
const valueOrNull: Schema = { type: ['string', 'number', 'boolean', 'array', 'object', 'null'] };
const recordKey = text({ description: 'source/stream/externalId' });
const FORMAT = { formatVersion: integer({ minimum: 1, maximum: 1 }) };

const asset = record({
  id: text(), class: orNull(text()), name: orNull(text()), stage, holds: list(hold), attributes: map(value),
  identifiers: list(record({ kind: text(), value: text() })), sources: list(record({ source: text(), stream: text(), externalId: text(), lastSeenAt: instant(), 'tombstonedAt?': instant() })), updatedAt: instant(),
}, { description: 'What the records of one thing come to' });

const relationship = record({
  kind: text(), direction: oneOf(['out', 'in']), asset: orNull(record({ id: text(), name: orNull(text()), class: orNull(text()), stage: orNull(stage) })), 'refersTo?': list(recordKey),
  sources: list(record({ source: text(), stream: text(), externalId: text(), lastSeenAt: instant() })),
});

const claim = { source: text(), stream: text(), externalId: text(), value: valueOrNull, changedAt: orNull(instant()) };

const whyNot = record({
  source: text(), records: list(recordKey), attributes: map(record({ verdict: oneOf(['wins', 'contributes', 'loses', 'silent']), 'because?': text(), 'says?': ref('Claim') })),
  apart: list(record({ record: recordKey, asset: orNull(text()), identifier: text(), because: text() })),
});

export const ASSET_COMPONENTS: Components = {
  Asset: asset,
  AssetDetails: record({
    ...FORMAT, ...propertiesOf(asset), formerIds: list(text()), 'redirectedFrom?': text({ description: 'the id that was asked for; it has merged into this one' }), stageSince: orNull(instant()), createdAt: instant(), asOf: instant(), nextDueAt: orNull(instant()),
    flags: map(list(text())), relationships: list(ref('Relationship')),
    installations: list(record({ product: text(), publisher: orNull(text()), version: orNull(text()), installedOn: orNull(text()), source: text(), lastSeenAt: instant() })),
    reviews: list(record({ id: integer(), kind: text(), because: text(), openedAt: instant() })),
    overrides: list(record({ attribute: text(), value: valueOrNull, by: text(), reason: text(), at: instant(), until: orNull(instant()) })), personHolds: list(record({ hold, by: text(), reason: text(), at: instant() })),
  }),
  Relationship: relationship,
  Claim: record(claim),
  Change: record({
    at: instant(), attribute: text(), 'stage?': anything(), before: anything(), after: anything(), cause: record({ kind: oneOf(['run', 'rule', 'person', 'due', 'rebuild']), 'run?': text(), 'source?': text(), 'rule?': text(), 'person?': text() }),
    'move?': record({ origin: text(), at: instant(), 'evidence?': text(), 'reason?': text() }), 'inStageForMs?': integer({ minimum: 0 }), configHash: text(), asset: text(),
  }),
  Explanation: record({
    ...FORMAT, asset: text(), name: orNull(text()), 'redirectedFrom?': text(), asOf: instant(), class: record({ value: orNull(text()), because: text() }),
    stage: record({ value: stage, since: orNull(instant()), by: text(), holds: list(hold), 'underPin?': stage, moves: list(record({ move: text(), origin: text(), to: text(), at: instant(), outcome: text(), because: text() })) }),
    attributes: map(record({
      value: valueOrNull, winner: orNull(ref('Claim')), 'contributors?': list(ref('Claim')), losers: list(record({ ...claim, because: oneOf(['outranked', 'stale', 'echo', 'empty', 'tombstoned', 'older', 'overridden']) })), rule: text(), strategy: text(),
      'override?': record({ by: text(), reason: text(), at: instant(), until: orNull(instant()) }),
    })),
    identity: list(record({
      identifier: text(), kind: text(), value: text(), 'maker?': text(), records: list(recordKey), tier: oneOf(['link', 'attach', 'suggest', 'none']), state: oneOf(['linked', 'attached', 'junk', 'contested', 'spoilt']), 'because?': oneOf(['placeholder', 'shared']),
      elsewhere: list(record({ record: recordKey, asset: orNull(text()) })),
    })),
    unshared: list(record({ identifier: text(), records: list(recordKey), tier: text() })), records: list(recordKey), decisions: list(record({ kind: text(), a: recordKey, b: recordKey })), openQuestions: list(record({ kind: text(), because: text(), records: list(recordKey) })),
    'whyNot?': whyNot,
  }),
  Decision: record({ ...FORMAT, assets: list(text(), { description: 'the assets that the decision left, the kept one first' }), changed: record({ created: integer(), updated: integer(), merged: integer(), retired: integer() }) }),
};
