import { createServer, type AddressInfo } from 'node:net';
import { terminal } from '../cli/harness.js';

it('a port that somebody else has is told as that, with what to do, and the database is free again', async () => {
  const at = terminal();
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  at.write('a.csv', 'id,name\n1,pc-1\n');
  at.write('lockstep.yaml', `version: 1\nserver: { port: ${port} }\nsources:\n  sheet: { connector: file, options: { path: ./a.csv } }\n`);
  try {
    const { code, err } = await at.lockstep('serve');
    expect([code, err]).toEqual([1, expect.stringContaining(`another program listens there already: 127.0.0.1:${port}`)]);
    expect(err).toContain('set server.port to a free one');
    expect((await at.lockstep('sync')).code).toBe(0);
  } finally {
    other.close();
    at.dispose();
  }
});
