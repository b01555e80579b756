import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createFleet } from '../../connectors/sdk/sandbox/fleet.js';
import { startStandins, type StandinSource } from './standins.js';

type Config = { version: number; database?: { url: string }; sources: Record<string, { connector: string; baseUrl: string; streams?: string[]; auth: Record<string, string> }> };

describe('stand-ins for the vendors', () => {
  it('start with one fleet, and are configured as a user would', async () => {
    const standins = await startStandins({ sources: { cloud: { connector: 'aws', extra: ['streams: [instances]'] }, desk: { connector: 'servicenow' } }, fleet: createFleet({ size: 40 }) });
    try {
      const text = standins.yaml(['database: { url: "sqlite:./x.db" }']);
      const config = parse(text) as Config;

      expect(config).toMatchObject({ version: 1, database: { url: 'sqlite:./x.db' }, sources: { cloud: { connector: 'aws', baseUrl: standins.sandboxes.cloud.url, streams: ['instances'] }, desk: { connector: 'servicenow', baseUrl: standins.sandboxes.desk.url } } });
      const assets = (name: 'cloud' | 'desk', stream: string): Set<string | undefined> => new Set([...standins.sandboxes[name].truth(stream).values()].map((facts) => facts.asset));
      const shared = [...assets('cloud', 'instances')].filter((asset) => standins.sandboxes.desk.streams.some((stream) => assets('desk', stream).has(asset)));
      expect(shared.length).toBeGreaterThan(0);
    } finally {
      await standins.close();
    }
  });

  it('are the three of the first release unless told otherwise', async () => {
    const standins = await startStandins();
    try {
      expect(Object.keys((parse(standins.yaml()) as Config).sources)).toEqual(['servicenow', 'aws', 'nvd']);
      for (const sandbox of Object.values(standins.sandboxes)) expect(sandbox.streams.some((stream) => sandbox.truth(stream).size > 0)).toBe(true);
    } finally {
      await standins.close();
    }
  });

  it('name every variable that the YAML refers to, and no secret in it', async () => {
    const standins = await startStandins({ sources: { aws: {}, servicenow: {} } });
    try {
      const text = standins.yaml();
      const wanted = [...text.matchAll(/\$\{env:([A-Z0-9_]+)/g)].map((found) => found[1] as string);

      expect(wanted.length).toBeGreaterThan(0);
      expect(Object.keys(standins.env())).toEqual(expect.arrayContaining(wanted));
      expect(standins.secrets().length).toBeGreaterThan(0);
      for (const secret of standins.secrets()) expect(text).not.toContain(secret);
    } finally {
      await standins.close();
    }
  });

  it('write the configuration into a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'standins-'));
    const standins = await startStandins({ sources: { aws: {} }, head: ['environment: { name: test }'] });
    try {
      const path = await standins.writeConfig(folder);

      expect(path).toBe(join(folder, 'lockstep.yaml'));
      expect(await readFile(path, 'utf8')).toBe(standins.yaml());
    } finally {
      await standins.close();
      await rm(folder, { recursive: true });
    }
  });

  it('may be two of one vendor, as long as their variables agree', async () => {
    const agreed = await startStandins({ sources: { one: { connector: 'aws' }, two: { connector: 'aws' } } });
    const apart = await startStandins({ sources: { one: { connector: 'aws' }, two: { connector: 'aws', options: { seed: 2 } } } });
    try {
      expect(Object.keys(agreed.env())).toEqual(['AWS_SANDBOX_SECRET']);
      expect(() => apart.env()).toThrow('two sandboxes want AWS_SANDBOX_SECRET');
    } finally {
      await Promise.all([agreed.close(), apart.close()]);
    }
  });

  it.each<[string, Readonly<Record<string, StandinSource>>, string | RegExp]>([
    ['a path', { x: { connector: '../sdk' } }, 'not the name of a connector'],
    ['nobody\'s name', { aws: {}, x: { connector: 'nobody' } }, /nobody/],
  ])('refuse %s', async (_what, sources, message) => {
    await expect(startStandins({ sources })).rejects.toThrow(message);
  });
});
