import { usage } from '../failures.js';
import { completionScript, SHELLS, type Shell } from '../completion.js';
import type { Run } from '../verb.js';

export const completion: Run = async (session, [shell]) => {
  if (!(SHELLS as readonly string[]).includes(shell as string)) throw usage(`there is no completion for "${String(shell)}"`, `known: ${SHELLS.join(', ')}`);
  // Completion also helps whoever has no configuration yet, or a broken one.
  const loaded = await session.load(false);
  const sources = loaded.ok ? loaded.config.sources.map(({ name }) => name) : [];
  await session.out.data(completionScript(shell as Shell, session.program, sources));
};
