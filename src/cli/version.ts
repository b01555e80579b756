import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Version { readonly version: string; readonly node: string; readonly platform: string }

/** package.json stands two folders up in the sources, three in `dist`. */
export function versionOf(): Version {
  const file = ['../../package.json', '../../../package.json'].map((each) => fileURLToPath(new URL(each, import.meta.url))).find((each) => existsSync(each));
  if (file === undefined) throw new Error('package.json is missing beside the program');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { version, node: process.version, platform: `${process.platform}-${process.arch}` };
}
