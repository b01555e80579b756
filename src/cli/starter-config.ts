import { stringify } from 'yaml';
import type { AuthMethod, Connector, Manifest } from '../../connectors/sdk/contract/index.js';
import { propertiesOf } from '../config/shape.js';

export interface Starter {
  readonly text: string;
  /** Variables that must be set before it can be used. */
  readonly variables: readonly string[];
}

/** A configuration to begin with: what must be filled in stands there, what may be said stands in comments. */
export function starterConfig(connectors: readonly Connector[]): Starter {
  const variables: string[] = [];
  const sources = connectors.map((connector) => sourceSection(connector, variables));
  return {
    variables,
    text: [
      '# Lockstep. `lockstep config check` tells every mistake with its place; `lockstep config show` the value of every key.',
      '# `lockstep config schema > lockstep.schema.json` lets editors complete it: then write in the first line',
      '#   yaml-language-server: $schema=./lockstep.schema.json',
      '# Secrets are references: "${env:NAME}", "${env:NAME:-default}" or "${file:/run/secrets/name}". A literal one is refused.',
      'version: 1', '',
      'environment:', '  name: production', '  writes: off   # the default: nothing leaves Lockstep, whatever push says', '',
      'database:', '  url: "sqlite:./data/lockstep.db"   # relative to this file; or mysql://user:${env:DB_PASSWORD}@host:3306/lockstep', '',
      'sources:', sources.join('\n'), '',
      '# Which source is believed for what, best first; what is not named here follows built-in orders by role.',
      '# authority:', `#   default: [${connectors.map(({ manifest }) => manifest.name).join(', ')}]`, '#   stage: { order: [role:itsm] }', '',
    ].join('\n'),
  };
}

function sourceSection({ manifest, optionsClass }: Connector, variables: string[]): string {
  const { name, title, about, role, streams, leastRights } = manifest;
  const byDefault = streams.filter((stream) => stream.default).map((stream) => stream.name);
  const lines = [
    `  ${name}:`,
    ...comment(`${title}: ${about}`), ...comment('The least rights that it needs:'), ...comment(leastRights.trim(), '  '),
    `    connector: ${name}`, `    # role: ${role}   # the default of this connector; decides in which order it is believed`,
    ...address(manifest), ...authLines(manifest, variables),
    `    # streams: [${byDefault.join(', ')}]   # the default`,
    ...streams.map((stream) => `    #   ${stream.name}${stream.default ? '' : ' (not by default)'}: ${oneLine(stream.about)}`),
    ...optionLines(name, optionsClass),
    '    # schedule: { incremental: 15m, full: "0 2 * * *", timezone: UTC }   # of the service; a command runs when it is called',
  ];
  return `${lines.join('\n')}\n`;
}

function address({ baseUrl, baseUrlExample }: Manifest): string[] {
  if (baseUrl === 'none') return [];
  const example = scalar(baseUrlExample ?? 'https://example.com');
  return [baseUrl === 'required' ? `    baseUrl: ${example}   # yours` : `    # baseUrl: ${example}   # only where the usual address does not fit`];
}

function authLines({ name, auth }: Manifest, variables: string[]): string[] {
  const [first, ...others] = auth;
  if (!first) return [];
  const own = keysOf(first).map((key) => ({ key, variable: variableOf(name, key) }));
  variables.push(...own.map(({ variable }) => variable));
  return [
    '    auth:', `      method: ${first.method}   # ${oneLine(first.about)}`, ...own.map(({ key, variable }) => `      ${key}: "\${env:${variable}}"`),
    ...optionalKeys(first).map((key) => `      # ${key}: "\${env:${variableOf(name, key)}}"`),
    ...others.map((other) => `    # or auth: { method: ${other.method}${keysOf(other).map((key) => `, ${key}: "\${env:${variableOf(name, key)}}"`).join('')} }   # ${oneLine(other.about)}`),
  ];
}

/** Of `publicKey|discovery` one is needed: the first. */
const keysOf = ({ keys }: AuthMethod): string[] => keys.filter((key) => !key.endsWith('?')).map((key) => key.split('|')[0] as string);
const optionalKeys = ({ keys }: AuthMethod): string[] => keys.filter((key) => key.endsWith('?')).map((key) => key.slice(0, -1));

/** Options that may be left out are in the connector's README; those that may not stand here. */
function optionLines(name: string, optionsClass: Connector['optionsClass']): string[] {
  const required = optionsClass ? [...propertiesOf(optionsClass)].filter(([, { optional }]) => !optional).map(([key]) => key) : [];
  const lines = required.map((key) => `      ${key}: ${scalar(/path|folder|files?$/i.test(key) ? `./${name === 'file' ? 'assets' : name}` : 'change-me')}   # yours; relative paths start at this file`);
  return [...(lines.length > 0 ? ['    options:', ...lines] : []), ...(optionsClass ? [`    # more options: connectors/${name}/README.md`] : [])];
}

export const variableOf = (source: string, key: string): string => `${source}_${key}`.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_').toUpperCase();
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
const scalar = (text: string): string => stringify(text, { lineWidth: 0 }).trim();
const comment = (text: string, by = ''): string[] => text.split('\n').map((line) => `    # ${by}${line.replace(/^#\s?/, '')}`.trimEnd());
