import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SOURCE_ROLES, type Manifest } from '../../connectors/sdk/contract/index.js';
import type { SandboxModule } from '../../connectors/sdk/sandbox/types.js';
import type { ConnectorCatalogue } from '../config/index.js';
import { bundledFolder } from '../sources/catalogue.js';

/** Sources beside sources, compiled code beside compiled code. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** A connector of which a demonstration can show something. */
export interface Showable {
  readonly manifest: Manifest;
  /** Absent: it speaks to no system, it reads what lies on the disk. */
  readonly sandbox?: SandboxModule;
}

/**
 * The bundled connectors that bring a sandbox, by the part that their systems play; and those that need none because they
 * have no address to speak to. None is named here: a new connector with a sandbox takes part by itself.
 */
export async function findSandboxes(catalogue: ConnectorCatalogue, folder: string = bundledFolder()): Promise<readonly Showable[]> {
  const found: Showable[] = [];
  for (const name of catalogue.names()) {
    const connector = await catalogue.load(name, folder);
    if (connector === undefined) continue;
    const { manifest } = connector;
    if (manifest.baseUrl === 'none') {
      found.push({ manifest });
      continue;
    }
    const entry = join(folder, name, 'sandbox', `index.${EXTENSION}`);
    if (!existsSync(entry)) continue;
    const { sandbox } = await import(pathToFileURL(entry).href) as { sandbox?: SandboxModule };
    if (sandbox === undefined) throw new TypeError(`${entry} exports no \`sandbox\``);
    found.push({ manifest, sandbox });
  }
  const place = ({ manifest }: Showable): number => SOURCE_ROLES.indexOf(manifest.role) + (manifest.baseUrl === 'none' ? SOURCE_ROLES.length : 0);
  return found.sort((a, b) => place(a) - place(b));
}
