import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const HOOK_TOKEN = 'a-token-of-the-hook-0123456789';

/** A configuration with one source that takes deliveries; the desk itself is not there. */
export function writeIntakeConfig(folder: string): string {
  const file = join(folder, 'lockstep.yaml');
  writeFileSync(file, ['version: 1', 'database: { url: "sqlite:./lockstep.db" }', 'sources:', '  desk:', '    connector: servicenow', '    baseUrl: http://127.0.0.1:9', '    auth: { method: api_key, apiKey: "${env:KEY}" }', '    webhook: { auth: [ { method: header, token: "${env:HOOK}" }, { method: hmac_sha256, secret: "${env:HOOK}" } ] }', ''].join('\n'));
  return file;
}

export interface IntakeProcess { readonly port: number; kill(): Promise<void> }

/** `tree`: where the compiled product stands. */
export async function startIntake(tree: string, config: string): Promise<IntakeProcess> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(tree, 'test/support/child/intake.js'), config], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...(PATH && { PATH }), ...(HOME && { HOME }), ...(TMPDIR && { TMPDIR }), NODE_ENV: 'test', KEY: 'the-key-of-the-desk', HOOK: HOOK_TOKEN } });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, found] = /listening (\d+)\n/.exec(said) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
    child.once('error', reject);
    void ended.then(() => reject(new Error(`the intake ended before it listened: ${said.slice(-2_000)}`)));
  });
  return { port, kill: async () => { child.kill('SIGKILL'); await ended; } };
}
