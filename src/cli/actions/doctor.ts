import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { supportBundle, type Bundle } from '../../upkeep/bundle.js';
import { DoctorService, type DoctorPorts } from '../../upkeep/doctor.service.js';
import type { Area, Finding } from '../../upkeep/doctor/finding.js';
import { tarGz } from '../../upkeep/tar.js';
import { formatProblem } from '../../config/index.js';
import type { ExitCode } from '../failures.js';
import { missing, usage } from '../failures.js';
import { doctorSummary, doctorLine } from '../render/doctor.js';
import type { Session } from '../session.js';
import type { Run } from '../verb.js';
import { versionOf } from '../version.js';

export const doctor: Run = async (session, _args, options) => {
  if (options['live'] === true) {
    if (options['offline'] === true || options['bundle'] !== undefined) throw usage('--live asks only the service: it goes with neither --offline nor --bundle');
    return live(session);
  }
  return session.interruptible(() => examine(session, options['offline'] === true, options['bundle'] as string | undefined));
};

async function examine(session: Session, offline: boolean, bundle: string | undefined): Promise<ExitCode> {
  const { out } = session;
  const loaded = await session.load();
  const findings: Finding[] = [];
  let last: Area | undefined;
  const tell = async (finding: Finding): Promise<void> => {
    findings.push(finding);
    if (out.json) return;
    if (finding.area !== last) await out.line(`${last === undefined ? '' : '\n'}${out.style.bold(finding.area)}`);
    last = finding.area;
    await out.line(doctorLine(finding, out.style));
  };
  let ports: DoctorPorts | undefined;
  if (loaded.ok) {
    ports = { config: loaded.config, catalogue: await session.catalogue(), clock: session.io.clock, log: await session.log(), signal: session.signal, versions: versionOf() };
    await out.show('examining …');
    for await (const finding of new DoctorService(ports).examine({ offline })) await tell(finding);
  } else {
    for (const problem of loaded.problems) await tell({ area: 'configuration', outcome: 'failed', message: formatProblem(problem), next: 'mend it, then try `lockstep config check`' });
  }
  const written = bundle === undefined ? undefined : await writeBundle(session, ports, findings, bundle);
  const ok = findings.every(({ outcome }) => outcome !== 'failed') && !session.signal.aborted;
  if (out.json) await out.document({ formatVersion: 1, ok, findings, ...(written && { bundle: written }) });
  else {
    await out.talk(doctorSummary(findings));
    if (written) await out.talk(`${written.path} holds:\n${written.contents.map(({ name, about }) => `  ${name}: ${about}`).join('\n')}\nRead it before you send it.`);
  }
  return ok ? 0 : 1;
}

/** Only whoever asked for it may read it, and nothing is overwritten. */
async function writeBundle({ io }: Session, ports: DoctorPorts | undefined, findings: readonly Finding[], file: string): Promise<{ readonly path: string; readonly contents: Bundle['contents'] }> {
  if (!ports) throw missing('no bundle was written: the configuration has to be readable first', 'mend it, then try `lockstep config check`');
  const { entries, contents } = await supportBundle(ports, findings);
  const path = resolve(io.cwd, file);
  try {
    await writeFile(path, tarGz(entries, io.clock.now()), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw missing(code === 'EEXIST' ? `${path} is there already` : `${path} cannot be written (${code})`, 'name another file');
  }
  return { path, contents };
}

/** Less than what health checks wait. */
const ANSWERS_WITHIN_MS = 4_000;

async function live(session: Session): Promise<ExitCode> {
  const { out } = session;
  const loaded = await session.load(false);
  if (!loaded.ok) {
    await out.talk('the configuration cannot be read, so nobody knows where the service listens: see `lockstep config check`');
    return 1;
  }
  const { host, port } = loaded.config.server;
  const address = `http://${EVERYWHERE[host] ?? (host.includes(':') ? `[${host}]` : host)}:${port}/health/ready`;
  let status: number | undefined;
  let why = '';
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS), redirect: 'error' });
    status = response.status;
    await response.body?.cancel();
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } };
    why = name === 'TimeoutError' ? `no answer within ${ANSWERS_WITHIN_MS / 1_000} s` : (cause?.code ?? (error as Error).message);
  }
  const ready = status === 200;
  const message = status === undefined ? `${address} cannot be reached (${why})` : ready ? 'the service is ready' : `the service is not ready (${address} answered ${status})`;
  if (out.json) await out.document({ formatVersion: 1, ok: ready, ...(status !== undefined && { status }), message });
  else if (ready) await out.line(message);
  else await out.talk(message);
  return ready ? 0 : 1;
}

/** Where a service that listens everywhere is found from here. */
const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
