import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Connector } from '../../../connectors/sdk/contract/index.js';
import { usage } from '../failures.js';
import { starterConfig } from '../starter-config.js';
import type { Run } from '../verb.js';

export const init: Run = async (session, [names], options) => {
  const { out, io } = session;
  const catalogue = await session.catalogue();
  const connectors: Connector[] = [];
  for (const name of new Set(names as string[])) {
    await session.oneOf('connector', name, catalogue.names());
    const connector = await catalogue.load(name, io.cwd);
    if (connector) connectors.push(connector);
  }
  const { text, variables } = starterConfig(connectors);
  const file = options['out'] as string;
  if (file === '-') {
    await out.data(text);
    return;
  }
  const path = resolve(io.cwd, file);
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw usage(`${file} is there already, and nothing is overwritten`, 'give another name with --out, or look at it with --out -');
    throw usage(`${file} cannot be written (${code ?? String(error)})`, 'check the folder and your rights there');
  }
  if (out.json) await out.document({ formatVersion: 1, path, variables });
  else await out.line(`written to ${path}`);
  const flag = file === 'lockstep.yaml' ? '' : ` --config ${file}`;
  await out.talk(`next: ${variables.length > 0 ? `set ${variables.join(', ')}, then ` : 'look it through, then '}\`lockstep config check${flag}\`, \`lockstep check${flag}\`, \`lockstep sync${flag}\``);
};
