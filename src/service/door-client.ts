import { request } from 'node:http';
import type { LocalAccess as Door } from '../api/auth/local-token.js';
import type { DoorCommand, DoorEvent } from './local-door.js';

export interface DoorIo {
  write(to: 'out' | 'err', text: string): Promise<void>;
  answer(what: 'line' | 'text'): Promise<string>;
  onInterrupt(listener: () => void): () => void;
}

/** The service that holds the database went away in the middle of a command. */
export class DoorClosedError extends Error {
  constructor(door: Door, cause: unknown) {
    super(`the service that holds the database (process ${door.pid}) ended the command: ${cause instanceof Error ? cause.message : String(cause)}`);
    this.name = 'DoorClosedError';
  }
}

/** Has the service carry out a command, and says what it says. Gives the exit code; undefined: nobody opens, so nothing was done. */
export async function throughDoor(door: Door, command: DoorCommand, io: DoorIo): Promise<number | undefined> {
  const response = await send(door, '/local/v1/commands', command).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') return undefined;
    throw new DoorClosedError(door, error);
  });
  if (response === undefined) return undefined;
  if (response.statusCode !== 200) {
    response.resume();
    throw new DoorClosedError(door, new Error(`it answered ${response.statusCode}`));
  }
  let id: string | undefined;
  let exit: number | undefined;
  const forget = io.onInterrupt(() => { if (id !== undefined) void post(door, `/local/v1/commands/${id}/interrupt`, {}); });
  try {
    for await (const line of lines(response)) {
      const event = JSON.parse(line) as DoorEvent;
      if ('id' in event) id = event.id;
      else if ('out' in event) await io.write('out', event.out);
      else if ('err' in event) await io.write('err', event.err);
      else if ('exit' in event) exit = event.exit;
      else await post(door, `/local/v1/commands/${id}/input`, { text: await io.answer(event.ask) });
    }
  } catch (error) {
    throw new DoorClosedError(door, error);
  } finally {
    forget();
  }
  if (exit === undefined) throw new DoorClosedError(door, new Error('it ended before the command did; what was stored stays whole'));
  return exit;
}

function send(door: Door, path: string, body: object): Promise<import('node:http').IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const call = request(new URL(path, door.url), { method: 'POST', headers: { authorization: `Bearer ${door.token}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, resolve);
    call.on('error', reject);
    call.end(text);
  });
}

async function post(door: Door, path: string, body: object): Promise<void> {
  const response = await send(door, path, body);
  response.resume();
}

async function* lines(source: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield part;
  }
}
