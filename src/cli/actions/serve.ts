import { createRedactor } from '../../../connectors/sdk/http/index.js';
import { createLogger } from '../../observability/index.js';
import { Service, type ServiceRole } from '../../service/service.js';
import { listener } from '../../service/listen.js';
import { startTicking } from '../../scheduling/ticking.js';
import { usage } from '../failures.js';
import type { Run } from '../verb.js';

/** Logs are the service's data: JSON lines on stdout. */
export const serve: Run = async (session, _args, options) => {
  const { io, out } = session;
  const { config, catalogue, waitMs } = await session.engineOptions();
  const role = (options['role'] ?? 'all') as ServiceRole;
  if (config.database.kind === 'sqlite' && role !== 'all') throw usage(`--role ${role} needs a database that several processes can share`, 'set database.url to a MySQL or MariaDB server, or leave --role out');
  const log = createLogger({ level: session.flags.debug ? 'debug' : 'info', destination: { write: (text: string) => void io.stdout.write(text) }, now: () => io.clock.now(), redactor: createRedactor(config.secrets) });
  await out.clearStatus();
  const service = await Service.start({
    engine: { clock: io.clock, log, ...(waitMs !== undefined && { waitMs }) }, config, catalogue, role,
    reload: async () => {
      const result = await session.load();
      return result.ok ? { ok: true, config: result.config } : { ok: false, problems: result.problems };
    },
    compose: async (engine, queue) => ({ parts: {}, ...((role === 'all' || role === 'api') && { server: await listener(engine, queue, session.perform) }) }),
    ticks: startTicking,
  });
  await out.talk(`${service.address === undefined ? 'working' : `listening on ${service.address}`}; Ctrl-C ends it in good order, a second one at once`);
  const forgetReload = io.onReload(() => void service.reload());
  await new Promise<void>((resolve) => {
    let asked = false;
    const forget = io.onInterrupt(() => {
      if (asked) return io.abandon(1);
      asked = true;
      void service.stop('it was asked to stop').finally(() => { forget(); resolve(); });
    });
  });
  forgetReload();
  return 0;
};
