import { createRedactor } from '../../../connectors/sdk/http/index.js';
import { createLogger, levelFrom } from '../../observability/index.js';
import { firstToken } from '../../api/auth/token.service.js';
import { ServiceMetrics } from '../../observability/metrics.js';
import { Service, type ServiceRole } from '../../service/service.js';
import { compose } from '../../service/compose.js';
import { startTicking } from '../../scheduling/ticking.js';
import { usage } from '../failures.js';
import type { Run } from '../verb.js';
import { versionOf } from '../version.js';

/** Logs are the service's data: JSON lines on stdout. */
export const serve: Run = async (session, _args, options) => {
  const { io, out } = session;
  const { config, catalogue, waitMs } = await session.engineOptions();
  const role = (options['role'] ?? 'all') as ServiceRole;
  if (config.database.kind === 'sqlite' && role !== 'all') throw usage(`--role ${role} needs a database that several processes can share`, 'set database.url to a MySQL or MariaDB server, or leave --role out');
  const redactor = createRedactor(config.secrets);
  const log = createLogger({ level: session.flags.debug ? 'debug' : levelFrom(io.env), destination: { write: (text: string) => void io.stdout.write(text) }, now: () => io.clock.now(), redactor });
  const metrics = new ServiceMetrics({ clock: io.clock, version: versionOf().version, process: true, onUnknown: (what) => log.warn('a metric is not declared', { what }), onFailure: (error) => log.warn('the database could not be asked for metrics', { error: String(error) }) });
  await out.clearStatus();
  const service = await Service.start({
    engine: { clock: io.clock, log, metrics, ...(waitMs !== undefined && { waitMs }) }, config, catalogue, role,
    reload: async () => {
      const result = await session.load();
      if (result.ok) redactor.add(...result.config.secrets);
      return result.ok ? { ok: true, config: result.config } : { ok: false, problems: result.problems };
    },
    compose: (engine, queue, isStopping) => compose(engine, queue, { role, metrics, run: session.perform, isStopping }),
    ticks: startTicking,
  });
  if (service.address !== undefined) {
    const token = await firstToken(service.engine);
    if (token !== undefined) await io.stderr.write(`the first token of the API, for an administrator; it is shown this once: ${token}\n`);
  }
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
