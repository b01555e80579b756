import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A command of the command line, to be carried out by the service that holds the database. */
export interface DoorCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly user: string;
  readonly stdout: { readonly isTTY: boolean; readonly columns: number };
  readonly stderr: { readonly isTTY: boolean; readonly columns: number };
  readonly stdinIsTTY: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** A person said yes before the command was handed over. */
  readonly confirmed?: boolean;
  /** Of the configuration that the caller sees. */
  readonly configHash?: string;
}

/** One line of the answer, NDJSON. */
export type DoorEvent =
  | { readonly id: string }
  | { readonly out: string } | { readonly err: string }
  /** A line, or all of standard input, is asked for: `POST …/input`. */
  | { readonly ask: 'line' | 'text' }
  | { readonly exit: number };

export interface DoorTalk {
  write(to: 'out' | 'err', text: string): Promise<void>;
  ask(what: 'line' | 'text'): Promise<string>;
  onInterrupt(listener: () => void): () => void;
}

export type DoorWork = (command: DoorCommand, talk: DoorTalk) => Promise<number>;

const PATH = '/local/v1/commands';

interface Open {
  readonly interrupt: Set<() => void>;
  answer?: (text: string) => void;
}

/** Commands beside a running service: from this machine only, and with the token of the file beside the database. */
export function registerLocalDoor(fastify: FastifyInstance, isToken: (given: string) => boolean, work: DoorWork): { close(): Promise<void> } {
  const open = new Map<string, Open>();
  const under = new Set<Promise<void>>();
  const mayEnter = (request: FastifyRequest): boolean => isLoopback(request.socket.remoteAddress) && isToken(String(request.headers['authorization'] ?? '').replace(/^Bearer /, ''));
  const refuse = (reply: FastifyReply) => reply.code(404).type('application/problem+json').send({ type: 'about:blank', title: 'Not Found', status: 404 });

  fastify.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => { if (!mayEnter(request)) await refuse(reply); });
    scope.post(PATH, (request, reply) => {
      const command = request.body as DoorCommand;
      const id = randomUUID();
      const state: Open = { interrupt: new Set() };
      open.set(id, state);
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      const say = (event: DoorEvent): Promise<void> => new Promise((resolve) => { if (raw.destroyed || raw.writableEnded) resolve(); else raw.write(`${JSON.stringify(event)}\n`, () => resolve()); });
      const talk: DoorTalk = {
        write: (to, text) => say(to === 'out' ? { out: text } : { err: text }),
        ask: async (what) => {
          const answer = new Promise<string>((resolve) => { state.answer = resolve; });
          await say({ ask: what });
          return answer;
        },
        onInterrupt: (listener) => {
          state.interrupt.add(listener);
          return () => state.interrupt.delete(listener);
        },
      };
      // Whoever asked is gone: what is under way ends after its slice, as on Ctrl-C.
      raw.on('close', () => { if (!raw.writableFinished) { state.answer?.(''); for (const stop of state.interrupt) stop(); } });
      const done = (async () => {
        await say({ id });
        const exit = await work(command, talk).catch(async (error: unknown) => {
          await say({ err: `the service could not carry out the command: ${error instanceof Error ? error.message : String(error)}\n` });
          return 1;
        });
        await say({ exit });
        open.delete(id);
        await new Promise<void>((resolve) => raw.end(resolve));
      })();
      under.add(done);
      void done.finally(() => under.delete(done));
    });
    scope.post<{ Params: { id: string } }>(`${PATH}/:id/input`, async (request, reply) => {
      const state = open.get(request.params.id);
      if (!state?.answer) return refuse(reply);
      state.answer(String((request.body as { text?: unknown }).text ?? ''));
      delete state.answer;
      return reply.code(204).send();
    });
    scope.post<{ Params: { id: string } }>(`${PATH}/:id/interrupt`, async (request, reply) => {
      const state = open.get(request.params.id);
      if (!state) return refuse(reply);
      for (const stop of state.interrupt) stop();
      return reply.code(204).send();
    });
  });
  return {
    close: async () => {
      for (const state of open.values()) { state.answer?.(''); for (const stop of state.interrupt) stop(); }
      await Promise.allSettled([...under]);
    },
  };
}

const isLoopback = (address: string | undefined): boolean => address !== undefined && /^(::1|(::ffff:)?127\.)/.test(address);
