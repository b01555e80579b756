import { stringify } from 'yaml';
import type { Discovery } from '../../connectors/sdk/contract/index.js';

const COMMENT_CHOICES = 20;

/**
 * An overlay for the configuration: nothing in it changes anything until a line is taken out of its comment. Values that no
 * life cycle stage is mapped to stand in front, because they are what needs a decision.
 */
export function discoveredMapping(source: string, discovery: Discovery): string {
  const lines = ['version: 1', 'sources:', `  ${key(source)}:`, '    mapping:'];
  const streams = [...new Set(discovery.tables.map((table) => table.stream))];
  if (streams.length === 0) lines[3] = '    mapping: {}';
  for (const stream of streams) {
    lines.push(`      ${key(stream)}: {}`);
    const unmapped = discovery.unmapped.filter((each) => each.stream === stream);
    if (unmapped.length > 0) {
      lines.push('        # Values that no life cycle stage is mapped to:');
      for (const { field, value, label } of unmapped) lines.push(comment(`  ${field} = ${JSON.stringify(value)}${label === undefined ? '' : `  (${label})`}`));
      lines.push(comment(`stage: { from: ${expressionOf(unmapped[0]!)}, values: { ${unmapped.map(({ value }) => `${JSON.stringify(value)}: in_use`).join(', ')} }, unknown: hold }`));
    }
    for (const table of discovery.tables.filter((each) => each.stream === stream)) {
      lines.push(comment(`${table.table}${table.label === undefined ? '' : ` (${table.label})`}${table.count === undefined ? '' : `, ${table.count} records`}`));
      for (const field of table.fields) {
        const choices = (field.choices ?? []).slice(0, COMMENT_CHOICES).map(({ value, label }) => `${JSON.stringify(value)} ${label}`).join(', ');
        lines.push(comment(`  ${field.name}${field.type === undefined ? '' : `: ${field.type}`}${field.label === undefined ? '' : `  (${field.label})`}${choices === '' ? '' : `  one of: ${choices}`}`));
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

/** In one line of YAML; a name with other signs than a path has stands in backticks, as JSONata wants it. */
const expressionOf = ({ field, from }: Discovery['unmapped'][number]): string => {
  const expression = from ?? (/^[A-Za-z_][\w.]*$/.test(field) ? field : `\`${field}\``);
  return expression === field ? field : JSON.stringify(expression);
};

const key = (name: string): string => stringify(name).trim();
const comment = (text: string): string => `        # ${text.replace(/[\r\n]+/g, ' ')}`;
