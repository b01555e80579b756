import fastify from 'fastify';
import type { Engine } from '../engine/engine.js';
import type { TableQueue } from '../queue/table-queue.js';
import { doorPath, newDoorToken, removeDoor, writeDoor } from './door-file.js';
import { doorWork, type RunCommand } from './door-work.js';
import { registerLocalDoor } from './local-door.js';
import type { ServiceServer } from './service.js';

/** All that listens on the service's one port. */
export async function listener(engine: Engine, _queue: TableQueue, run: RunCommand): Promise<ServiceServer> {
  const { host, port } = engine.config.server;
  const { path } = engine.config.database;
  const app = fastify({ forceCloseConnections: 'idle', bodyLimit: 1024 * 1024 });
  const token = newDoorToken();
  const door = path === undefined ? undefined : registerLocalDoor(app, token, doorWork(engine, run));
  return {
    listen: async () => {
      const address = await app.listen({ host, port });
      if (path !== undefined) writeDoor(doorPath(path), loopbackOf(address), token);
      return address;
    },
    close: async () => {
      if (path !== undefined) removeDoor(doorPath(path));
      await door?.close();
      await app.close();
    },
  };
}

/** Commands come over the loopback, whatever the service is bound to. */
const loopbackOf = (address: string): string => {
  const url = new URL(address);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url.origin;
};
