import { ASSET_CLASSES, type AssetRecord } from '../../../connectors/sdk/contract/index.js';
import { nextVersion, type NextVersionInput } from './next-version.js';

const record = (claims: AssetRecord['claims'], more: Partial<AssetRecord> = {}): AssetRecord => ({ kind: 'asset', externalId: '1', assetClass: 'computer', identifiers: [], claims, modifiedAt: 1_000, ...more });
const step = (mapped: AssetRecord, before?: ReturnType<typeof nextVersion>, more: Partial<NextVersionInput> = {}) =>
  nextVersion({ key: 'a/records/1', mapped, readAt: 5_000, classes: ASSET_CLASSES, isJunk: () => false, ...(before && { previous: before.content, previousReadAt: 2_000 }), ...more });

it('keeps the time of the version in which a claim last took another value', () => {
  const first = step(record({ name: 'pc1', location: 'Berlin' }));

  const second = step(record({ name: 'pc1', location: 'Bonn' }, { modifiedAt: 3_000 }), first);

  expect(second.content.claims).toEqual({ name: { value: 'pc1', changedAt: 1_000 }, location: { value: 'Bonn', changedAt: 3_000 } });
});

it('knows no time where the source tells none', () => {
  const { modifiedAt: _, ...timeless } = record({ name: 'pc1' });

  expect(step(timeless).content.claims['name']).toEqual({ value: 'pc1', changedAt: null });
});

it('takes lists as sets in one spelling', () => {
  const { content } = step(record({ mac_addresses: ['0A-1B-2C-11-22-33', '0a1b.2c11.2233', 'junk'], ip_addresses: ['10.0.0.2', '10.0.0.1'] }));

  expect(content.claims['mac_addresses']?.value).toEqual(['0a:1b:2c:11:22:33']);
  expect(content.claims['ip_addresses']?.value).toEqual(['10.0.0.1', '10.0.0.2']);
});

it('tells "said to be empty" from "not said"', () => {
  const { content } = step(record({ owner: null }));

  expect(content.claims['owner']).toEqual({ value: null, changedAt: 1_000 });
  expect(content.claims['location']).toBeUndefined();
});

it('keeps the earlier claim of a value on which nobody has decided', () => {
  const first = step(record({ location: 'Berlin' }));

  expect(step(record({}), first, { keep: ['location'] }).content.claims['location']).toEqual({ value: 'Berlin', changedAt: 1_000 });
});

it('marks what Lockstep itself wrote there', () => {
  const { content } = step(record({ serial_number: 'S-1', location: 'Bonn' }), undefined, { written: { attributes: new Map([['serial_number', ['S-1']], ['location', ['Berlin']]]) } });

  expect(content.claims['serial_number']?.echo).toBe(true);
  expect(content.claims['location']?.echo).toBeUndefined();
  expect(content.identifiers.find((identifier) => identifier.kind === 'serial')?.echo).toBe(true);
});

it('takes the first stage as baseline and only a different one as a move', () => {
  const reading = (stage: 'in_use' | 'retired') => ({ stage: { raw: { stage }, stage } });
  const first = step(record({}, reading('in_use')));
  const same = step(record({}, reading('in_use')), first);
  const moved = step(record({}, { ...reading('retired'), modifiedAt: 4_000 }), same);

  expect(first).toMatchObject({ content: { baseline: 'in_use' } });
  expect([first.move, same.move]).toEqual([undefined, undefined]);
  expect(moved.move).toMatchObject({ to: 'retired', at: 4_000, anchor: 'a/records/1' });
});

it('remembers when it was first seen running', () => {
  const running = step(record({ power_state: 'running' }, { modifiedAt: 1_500 }));

  expect(step(record({ power_state: 'stopped' }, { modifiedAt: 3_000 }), running).content.firstRunningAt).toBe(1_500);
});
