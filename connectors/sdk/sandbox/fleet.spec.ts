import { createFleet, DOCK_MAC, JUNK_SERIALS, swapUuid, type FleetAsset, type FleetOddity } from './fleet.js';

const fleet = createFleet();
const odd = (oddity: FleetOddity): FleetAsset[] => [...fleet.assets()].filter((asset) => asset.oddities.includes(oddity));
const itsm = (asset: FleetAsset) => [...fleet.sightings('itsm')].filter((sighting) => sighting.asset.key === asset.key);

describe('createFleet', () => {
  it('is the same for the same seed, and another for another', () => {
    expect([...createFleet().assets()]).toEqual([...fleet.assets()]);
    expect(createFleet({ seed: 2 }).asset(0).biosUuid).not.toBe(fleet.asset(0).biosUuid);
  });

  it('makes each machine from its own index alone, whatever the size', () => {
    expect({ ...createFleet({ size: 100_000 }).asset(150), owner: '' }).toEqual({ ...fleet.asset(150), owner: '' });
  });

  it('gives 20,000 machines names, serials, UUIDs and addresses that are their own', () => {
    const large = createFleet({ size: 20_000 });
    const seen = { name: new Set<string>(), uuid: new Set<string>(), mac: new Set<string>(), ip: new Set<string>(), serial: new Set<string>() };
    let clones = 0;
    let junk = 0;
    let macs = 0;

    for (const asset of large.assets()) {
      seen.name.add(asset.name); seen.uuid.add(asset.biosUuid); seen.ip.add(asset.ips[0] ?? ''); seen.serial.add(asset.serial);
      for (const mac of asset.macs) if (mac !== DOCK_MAC) { seen.mac.add(mac); macs += 1; }
      clones += asset.oddities.includes('clone') ? 1 : 0;
      junk += asset.oddities.includes('junk_serial') ? 1 : 0;
    }

    expect([seen.name.size, seen.uuid.size, seen.ip.size]).toEqual([20_000, 20_000, 20_000]);
    expect(seen.mac.size).toBe(macs);
    expect(seen.serial.size).toBe(20_000 - clones - junk + JUNK_SERIALS.length);
  });

  it('refuses sizes that it cannot make', () => {
    expect(() => createFleet({ size: 9 })).toThrow(RangeError);
    expect(() => fleet.asset(200)).toThrow(RangeError);
  });

  it('tells nothing that is younger than its present', () => {
    expect([...fleet.assets()].every((asset) => asset.modifiedAt < fleet.at && asset.createdAt < asset.modifiedAt)).toBe(true);
  });

  it.each(['duplicate_in_itsm', 'flagged_duplicate', 'junk_serial', 'clone', 'cloned', 'mainboard_swap', 'shared_dock', 'renamed', 'retired_still_seen',
    'terminated', 'swapped_uuid'] as const)('holds %s', (oddity) => {
    expect(odd(oddity).length).toBeGreaterThan(0);
  });

  it('gives a clone the serial, the make and the model of its original, and nothing else', () => {
    const [clone] = odd('clone');
    const original = fleet.asset((clone?.index ?? 0) - 3);

    expect(original.oddities).toEqual(['cloned']);
    expect(clone).toMatchObject({ serial: original.serial, company: original.company, model: original.model });
    expect(clone?.biosUuid).not.toBe(original.biosUuid);
    expect(clone?.macs).not.toEqual(original.macs);
  });

  it('lets two systems name other firmware UUIDs after a mainboard swap, under one serial', () => {
    const [swapped] = odd('mainboard_swap');
    const agent = [...fleet.sightings('agent')].find((sighting) => sighting.asset.key === swapped?.key);
    const [desk] = swapped ? itsm(swapped) : [];

    expect(agent?.serial?.toUpperCase()).toBe(desk?.serial);
    expect([desk?.biosUuid, swapUuid(desk?.biosUuid ?? '')]).not.toContain(agent?.biosUuid?.toLowerCase());
  });

  it('shows the dock on two laptops, the duplicate twice, and the flagged one as a duplicate of the first', () => {
    expect(odd('shared_dock').filter((asset) => asset.macs.includes(DOCK_MAC)).length).toBeGreaterThanOrEqual(2);
    expect(odd('duplicate_in_itsm').map((asset) => itsm(asset).length)).toEqual([2, 2]);
    const [first, second] = odd('flagged_duplicate').flatMap(itsm);
    expect(second?.duplicateOf).toBe(first?.id);
  });

  it('keeps a retired machine running, and a renamed one under two names', () => {
    const [retired] = odd('retired_still_seen');
    const [renamed] = odd('renamed');

    expect(retired?.powerState).toBe('running');
    expect(retired && itsm(retired)[0]?.stage).toBe('retired');
    expect(renamed && itsm(renamed)[0]?.name).toContain(`old-${renamed?.name}`);
  });

  it('spells one maker, name and address in several ways', () => {
    const spellings = (role: 'itsm' | 'agent' | 'finance', pick: 'manufacturer' | 'name') => new Set([...fleet.sightings(role)].map((sighting) => sighting[pick]));

    expect(spellings('itsm', 'manufacturer')).toContain('Dell Inc.');
    expect(spellings('agent', 'manufacturer')).toContain('DELL');
    expect([...fleet.sightings('agent')].some((sighting) => sighting.macs.some((mac) => /^([0-9A-F]{2}-){5}/.test(mac)))).toBe(true);
  });

  it('has one truth in which every sighting stands exactly once', () => {
    const told = [...fleet.truth()].flatMap(({ records }) => records.map(({ role, id }) => `${role}/${id}`));
    const seen = (['itsm', 'agent', 'cloud', 'hypervisor', 'discovery', 'finance'] as const).flatMap((role) => [...fleet.sightings(role)].map(({ id }) => `${role}/${id}`));

    expect(new Set(told).size).toBe(told.length);
    expect([...told].sort()).toEqual([...seen].sort());
  });

  it('has its showcases under their names', () => {
    const byKey = new Map([...fleet.assets()].map((asset) => [asset.key, asset.name]));

    expect(fleet.showcases.map(({ key }) => byKey.get(key))).toEqual(fleet.showcases.map(({ name }) => name));
  });

  it('swaps bytes so that swapping again gives the same UUID', () => {
    expect(swapUuid('00112233-4455-6677-8899-aabbccddeeff')).toBe('33221100-5544-7766-8899-aabbccddeeff');
    expect(swapUuid(swapUuid(fleet.asset(0).biosUuid))).toBe(fleet.asset(0).biosUuid);
  });
});
