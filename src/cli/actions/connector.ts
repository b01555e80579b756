import { table } from '../render/table.js';
import { plain } from '../render/text.js';
import type { Run } from '../verb.js';

export const list: Run = async (session) => {
  const { out, io } = session;
  const catalogue = await session.catalogue();
  const rows: string[][] = [];
  for (const name of catalogue.names()) {
    const connector = await catalogue.load(name, io.cwd);
    if (!connector) continue;
    const { title, role, about, streams, auth, baseUrl, lacks, webhookAuth } = connector.manifest;
    if (out.json) await out.document({ name, title, role, about, baseUrl, streams, auth: auth.map(({ method, keys, about: text }) => ({ method, keys, about: text })), webhookAuth: webhookAuth.map(({ method }) => method), lacks: lacks ?? [] });
    else rows.push([out.style.bold(name), plain(title, 50), role, streams.map((stream) => (stream.default ? `${stream.name}*` : stream.name)).join(' '), auth.map(({ method }) => method).join(' ') || '-']);
  }
  if (!out.json) {
    await out.line(table([{ head: 'NAME' }, { head: 'TITLE' }, { head: 'ROLE' }, { head: 'STREAMS (* BY DEFAULT)' }, { head: 'SIGN IN' }], rows, out.style));
    await out.talk('`lockstep init NAME` writes a configuration for it.');
  }
};
