import { connectorCatalogue } from '../../src/sources/catalogue.js';
import { terminal, type Terminal } from './harness.js';

let at: Terminal;
beforeAll(() => { at = terminal(); });
afterAll(() => at.dispose());

const names = connectorCatalogue().names();

it.each([...names.map((name) => [name]), [...names]])('writes for %s what `config check` accepts once its variables are set', async (...chosen) => {
  const file = `${chosen.join('-')}.yaml`;
  const [written] = (await at.lockstep(['init', ...chosen, '--out', file, '--json'])).json;
  expect(written).toMatchObject({ formatVersion: 1, path: expect.stringContaining(file) });
  const env = Object.fromEntries(written.variables.map((name: string) => [name, 'a-value-of-some-length']));
  const { code, out } = await at.lockstep(`config check --config ${file}`, { env });
  expect({ code, out }).toEqual({ code: 0, out: '' });
  // Without them each is named.
  const unset = await at.lockstep(`config check --config ${file}`);
  for (const name of written.variables) expect(unset.out).toContain(name);
  const { out: text } = await at.lockstep(['init', ...chosen, '--out', '-']);
  for (const name of chosen) expect(text).toContain(`    connector: ${name}\n`);
  expect(text).toContain('The least rights that it needs:');
});
