import path from 'node:path';
import { plantTree, ROOT, type PlantedTree } from '../support/planted-tree.js';

interface Row { readonly name: string; readonly required: boolean; readonly fallback?: string; readonly about: string }
interface Readme { configurationPart(manifest: object, options: readonly Row[]): string; place(file: string, text: string, part: string): string }

const CONFIG = `
import { Type } from 'class-transformer';
/** Where. */
export class AcmePlace {
  /** The name. */
  name!: string;
}
export class AcmeOptions {
  /** How many records a call,
   * at most 100. */
  pageSize?: number = 50;

  /** Which place | site. */
  @Type(() => AcmePlace)
  place?: AcmePlace;
}
`;
const MANIFEST = {
  name: 'acme', role: 'itsm', baseUrl: 'required', baseUrlExample: 'https://acme.example',
  streams: [{ name: 'computers', default: true, about: 'laptops' }, { name: 'software', default: false, about: 'what runs there' }],
  auth: [{ method: 'api_key', keys: ['apiKey', 'tenant?'], about: 'always' }], webhookAuth: [],
};

describe('the generated part of a README', () => {
  let tree: PlantedTree;
  let optionsOf: (file: string) => readonly Row[];
  let readme: Readme;
  beforeAll(async () => {
    tree = plantTree({ 'config.ts': CONFIG });
    ({ optionsOf } = (await import(path.join(ROOT, '.ci/generate/options.mjs'))) as { optionsOf: typeof optionsOf });
    readme = (await import(path.join(ROOT, '.ci/generate/readme.mjs'))) as Readme;
  }, 60_000);
  afterAll(() => tree.remove());

  it('takes the options from the class and its comments', () => {
    expect(optionsOf(path.join(tree.root, 'config.ts'))).toEqual([
      { name: 'pageSize', required: false, fallback: '50', about: 'How many records a call, at most 100.' },
      { name: 'place', required: false, fallback: undefined, about: 'Which place | site.' },
      { name: 'place.name', required: true, fallback: undefined, about: 'The name.' },
    ]);
  });

  it('says streams, credentials and options, and nothing of what there is not', () => {
    const part = readme.configurationPart(MANIFEST, optionsOf(path.join(tree.root, 'config.ts')));

    expect(part).toContain('- `baseUrl`: required, e.g. `https://acme.example`');
    expect(part).toContain('| `software` | no | what runs there |');
    expect(part).toContain('| `api_key` | `apiKey`, `tenant` (optional) | always |');
    expect(part).toContain('| `options.place` |  | Which place \\| site. |');
    expect(part).toContain('| `options.place.name` | required | The name. |');
    expect(part).not.toContain('webhook');
  });

  it('goes under the heading at first, between its marks later, and changes nothing else', () => {
    const page = '# Acme\n\n## Permissions\n\nMany.\n\n## Configuration\n\nBy hand.\n\n## Known gaps\n';

    const first = readme.place('README.md', page, 'old');
    const second = readme.place('README.md', first, 'new');

    expect(first).toMatch(/^# Acme\n\n## Permissions\n\nMany\.\n\n## Configuration\n\n<!-- .* -->\n\nold\n\n<!-- .* -->\n\nBy hand\.\n\n## Known gaps\n$/);
    expect(second).toBe(first.replace('old', 'new'));
    expect(readme.place('README.md', second, 'new')).toBe(second);
  });

  it('is refused without a place', () => {
    expect(() => readme.place('connectors/acme/README.md', '# Acme\n', 'x')).toThrow('connectors/acme/README.md has no heading "## Configuration"');
  });
});
