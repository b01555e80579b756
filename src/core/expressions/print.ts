import { printDuration } from './durations.js';
import type { Expression, Operand } from './types.js';

/** The canonical spelling: `parseExpression` reads it back as the same expression. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'and': return expression.terms.map((term) => (term.kind === 'or' ? `(${printExpression(term)})` : printExpression(term))).join(' and ');
    case 'or': return expression.terms.map(printExpression).join(' or ');
    case 'not': return expression.term.kind === 'and' || expression.term.kind === 'or' ? `not (${printExpression(expression.term)})` : `not ${printExpression(expression.term)}`;
    case 'compare': return `${printOperand(expression.left)} ${expression.op} ${printOperand(expression.right)}`;
    case 'in': return `${printOperand(expression.operand)} in [${expression.values.map(printOperand).join(', ')}]`;
    case 'known': return `${printOperand(expression.operand)} is known`;
    case 'matches': return `${printOperand(expression.operand)} matches ${quoted(expression.pattern)}`;
    case 'truth': return printOperand(expression.operand);
  }
}

function printOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'text': return quoted(operand.value);
    case 'number': return String(operand.value);
    case 'boolean': return String(operand.value);
    case 'duration': return printDuration(operand.ms);
    case 'name': return operand.name;
    case 'call': return `${operand.name}(${operand.args.map(printOperand).join(', ')})`;
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
