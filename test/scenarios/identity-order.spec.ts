import { canonicalModel } from '../support/canonical-model.js';
import { Workshop, type Row } from './workshop.js';

const U = (digit: number): string => `${String(digit).repeat(8)}-2222-3333-8444-555555555555`;

/** One machine each: bridge, clone, swap, blade, placeholder, attachment, ambiguity, tag. */
const FILES: Readonly<Record<string, readonly Row[]>> = {
  cmdb: [
    { id: '1', class: 'server', serial_number: 'SN000001', name: 'web1' }, { id: '2', class: 'server', serial_number: 'SN000002', bios_uuid: U(2), asset_tag: 'T-2' },
    { id: '3', class: 'virtual_machine', bios_uuid: U(9), name: 'db' }, { id: '4', class: 'server', serial_number: 'CHASSIS01', bios_uuid: U(4) }, { id: '5', class: 'server', serial_number: 'CHASSIS01', bios_uuid: U(5) },
    { id: '6', class: 'computer', serial_number: 'Default string', asset_tag: 'T-6' }, { id: '7', class: 'computer', asset_tag: 'T-7' }, { id: '8', class: 'computer', asset_tag: 'T-7', serial_number: 'SN000008' },
  ],
  scan: [
    { id: 'a', class: 'server', bios_uuid: U(1), hostname: 'web1' }, { id: 'b', class: 'server', serial_number: 'SN000002', bios_uuid: U(3) }, { id: 'c', class: 'server', serial_number: 'CHASSIS01' },
    { id: 'd', class: 'computer', serial_number: 'Default string', mac: '00:1b:21:00:00:0d' }, { id: 'e', class: 'computer', asset_tag: 'T-7' }, { id: 'f', class: 'server', bios_uuid: U(4) },
  ],
  vc: [
    { id: 'vm-1', class: 'virtual_machine', instance_uuid: U(6), bios_uuid: U(9) }, { id: 'vm-2', class: 'virtual_machine', instance_uuid: U(7), bios_uuid: U(9) },
    { id: 'vm-3', class: 'server', serial_number: 'SN000001', bios_uuid: U(1) }, { id: 'vm-4', class: 'computer', asset_tag: 'T-6', mac: '00:1b:21:00:00:0d' },
  ],
};

describe('identity does not depend on arrival', () => {
  const model = async (steps: readonly (readonly [string, number])[]) => {
    const shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery', vc: 'role: hypervisor' });
    for (const [source, upTo] of steps) await shop.feed({ [source]: (FILES[source] ?? []).slice(0, upTo) });
    const result = { model: await canonicalModel(shop.engine.database), questions: await shop.questions(), differences: await shop.differences() };
    await shop.close();
    return result;
  };

  it('in whatever order and parts the sources are read', async () => {
    const whole = await model([['cmdb', 99], ['scan', 99], ['vc', 99]]);
    expect(whole.differences).toEqual([]);
    expect(whole.model.assets.map(({ records }) => records.join('+').replaceAll('/records/', '/'))).toEqual([
      'cmdb/1+scan/a+vc/vm-3', 'cmdb/2+scan/b', 'cmdb/3', 'cmdb/4+scan/f', 'cmdb/5', 'cmdb/6+scan/d+vc/vm-4', 'cmdb/7', 'cmdb/8', 'scan/c', 'scan/e', 'vc/vm-1', 'vc/vm-2',
    ]);

    for (const order of [
      [['vc', 99], ['scan', 99], ['cmdb', 99]], [['scan', 99], ['vc', 2], ['cmdb', 5], ['vc', 99], ['cmdb', 99]],
      [['cmdb', 3], ['vc', 1], ['scan', 2], ['cmdb', 6], ['vc', 3], ['scan', 4], ['scan', 99], ['vc', 99], ['cmdb', 99], ['cmdb', 99]],
    ] as const) expect(await model(order)).toEqual(whole);
  });

  const ORDERS = [['cmdb', 'scan', 'vc'], ['vc', 'scan', 'cmdb'], ['scan', 'cmdb', 'vc'], ['scan', 'vc', 'cmdb'], ['cmdb', 'vc', 'scan'], ['vc', 'cmdb', 'scan']] as const;
  const questionsIn = async (order: readonly string[], files: Readonly<Record<string, readonly Row[]>>): Promise<readonly string[]> => {
    const shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery', vc: 'role: hypervisor' });
    for (const source of order) await shop.feed({ [source]: files[source] ?? [] });
    const asked = await shop.questions();
    await shop.close();
    return asked;
  };

  it('nor is a name suggested that too many hold, when only some of them are looked at', async () => {
    const shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery', vc: 'role: hypervisor' });
    const machine = (id: string, serial: Row): Row => ({ id, class: 'server', hostname: 'web0', ...serial });
    await shop.feed({ cmdb: Array.from({ length: 7 }, (_, i) => machine(`m${i}`, i < 2 ? { serial_number: 'SN000001' } : {})) });
    await shop.feed({ scan: [machine('a', { serial_number: 'SN000001' })] });
    await shop.feed({ scan: [machine('a', {})] });
    const asked = await shop.questions();
    await shop.close();

    expect(asked.filter((question) => question.startsWith('suggestion'))).toEqual([]);
  });

  it.each([1, 8])('nor does one about a name stay open when too many come to hold it, %i at a time', async (step) => {
    const shop = await Workshop.calm({ cmdb: 'role: itsm', scan: 'role: discovery' });
    const scan = Array.from({ length: 8 }, (_, i): Row => ({ id: `s${i}`, class: 'server', hostname: 'web0', serial_number: `SN00000${i}` }));
    await shop.feed({ cmdb: [{ id: '1', class: 'server', hostname: 'web0' }], scan: scan.slice(0, 1) });
    expect(await shop.questions()).toEqual(['suggestion: cmdb/1, scan/s0']);
    for (let n = step; n <= 8; n += step) await shop.feed({ scan: scan.slice(0, n) });
    const asked = await shop.questions();
    await shop.close();

    expect(asked).toEqual([]);
  });

  it('nor does a question about two that share a name, where a serial of the other one is junk', async () => {
    const files = {
      cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', name: 'web1' }],
      scan: Array.from({ length: 7 }, (_, i) => ({ id: `s${i}`, class: 'server', serial_number: 'SHARED77', hostname: i === 0 ? 'web1' : `other${i}` })),
    };
    for (const order of ORDERS) expect({ order, asked: await questionsIn(order, files) }).toEqual({ order, asked: ['suggestion: cmdb/1, scan/s0'] });
  });

  it('nor where a third record, which does not bear the name, tells them apart', async () => {
    const files = {
      cmdb: [{ id: '1', class: 'server', serial_number: 'SN000001', name: 'web1' }], scan: [{ id: 'a', class: 'server', bios_uuid: U(1), hostname: 'web1' }],
      vc: [{ id: 'vm-1', class: 'server', bios_uuid: U(1), serial_number: 'SN000002' }],
    };
    for (const order of ORDERS) expect({ order, asked: await questionsIn(order, files) }).toEqual({ order, asked: [] });
  });
});
