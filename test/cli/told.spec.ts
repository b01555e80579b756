import { terminal, type Terminal } from './harness.js';

const CONFIG = (more = '') => `version: 1
sources:
  sheet:
    connector: file
    options: { path: ./sheet.json }
    mapping: { records: { location: { from: site, values: { BLN: Berlin }, unknown: hold } } }
  agents: { connector: file, role: agent, options: { path: ./agents.json } }
  scan: { connector: file, role: discovery, options: { path: ./scan.json } }
${more}`;

/** Words for people that mislead where they are nearly right. */
describe('what a person is told', () => {
  let at: Terminal;
  const ok = async (line: string): Promise<string> => {
    const { code, out, err } = await at.lockstep(line);
    expect({ line, code, err: code === 0 ? '' : err }).toEqual({ line, code: 0, err: '' });
    return out;
  };
  beforeAll(async () => {
    at = terminal();
    at.write('lockstep.yaml', CONFIG('authority: { hardware: { cpu_count: { strategy: max }, os_name: { strategy: most_reported } } }\n'));
    at.write('sheet.json', [
      { id: '1', class: 'server', name: 'web-01', serial_number: 'AAA111', cpu_count: 4, os_name: 'Linux', stage: 'in_use', site: 'HAM' }, { id: '2', class: 'server', name: 'web-02', site: 'MUC' },
    ]);
    at.write('agents.json', [{ id: '1', class: 'server', name: 'web-01', serial_number: 'AAA111', cpu_count: 16, os_name: 'Windows' }]);
    at.write('scan.json', [{ id: '1', class: 'server', name: 'WEB-01', serial_number: 'AAA111', cpu_count: 8, os_name: 'Linux' }]);
    await ok('sync');
  });
  afterAll(() => at.dispose());

  it.each([
    ['name', 'sheet/records/1', 'web-01', 'says the same, but another is believed before it'],
    ['name', 'scan/records/1', 'WEB-01', 'a source of higher rank says otherwise'],
    ['cpu_count', 'scan/records/1', '8', 'it is not the most'],
    ['os_name', 'agents/records/1', 'Windows', 'more say otherwise, or as many of higher rank'],
  ])('why the claim of %s by %s lost', async (attribute, record, value, why) => {
    expect(await ok(`assets explain serial:AAA111 ${attribute}`)).toContain(`lost    ${record}  ${value}: ${why}\n`);
    expect(await ok(`assets explain serial:AAA111 ${attribute} --why-not ${record.split('/')[0]}`)).toContain(`it says ${value}, but ${why.replace('says the same, but ', '')} (`);
  });

  it('which value each review is about', async () => {
    const out = await ok('reviews list');

    expect(out).toContain('location=HAM the mapping of location does not list this value');
    expect(out).toContain('location=MUC the mapping of location does not list this value');
    expect(await ok('reviews show 1')).toContain('location=HAM ');
  });

  it('that a stage is pinned, by whom and until when', async () => {
    await ok('assets override serial:AAA111 stage maintenance --until 7d --reason repair --yes');

    expect(await ok('assets show serial:AAA111')).toMatch(/^web-01 {2}server, maintenance since \S+ \S+ {2}pinned by \S+ until \S+ \S+\n/);
  });

  it('in which mode a source was read last', async () => {
    const [run] = (await at.lockstep('runs list --source sheet --json')).json;
    const [source] = (await at.lockstep('sources list --json')).json;

    expect(run.mode).toBe('full');
    expect(source.lastRun).toMatchObject({ id: run.id, mode: 'full' });
  });

  it('that a scope was not covered', async () => {
    at.write('scan.json', '[{"id":"1","class":"server"');
    expect((await at.lockstep('sync scan')).code).toBe(1);
    expect(await ok('runs show last')).toMatch(/^records {2}file=\S+scan\.json {2}uncovered: /m);
    at.write('scan.json', [{ id: '1', class: 'server', serial_number: 'AAA111' }, { class: 'server' }]);
    expect((await at.lockstep('sync scan')).code).toBe(1);

    expect(await ok('runs show last')).toMatch(/^records {2}file=\S+scan\.json {2}uncovered: /m);
    expect((await at.lockstep('runs show last --json')).json[0].streams.records.scopes).toMatchObject([{ coverage: 'uncovered', reason: 'a record without a readable id: nothing there may be called missing' }]);
  });
});
