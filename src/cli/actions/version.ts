import type { Run } from '../verb.js';
import { versionOf } from '../version.js';

export const version: Run = async ({ out }) => {
  const { version: number, node, platform } = versionOf();
  if (out.json) await out.document({ formatVersion: 1, version: number, node, platform });
  else await out.line(`lockstep ${number} (node ${node}, ${platform})`);
};
