import { readFileSync } from 'node:fs';
import ts from 'typescript';

/**
 * The options of a connector as its `config.ts` writes them: name, default and doc comment of each property of the class called `…Options`,
 * those of nested classes with a dot. Read from the source, because a comment is where an option is explained (and only there).
 */
export function optionsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const classes = new Map(source.statements.filter(ts.isClassDeclaration).map((one) => [one.name?.text ?? '', one]));
  const root = [...classes].find(([name, one]) => name.endsWith('Options') && one.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword));
  if (!root) return [];
  const rows = [];
  const walk = (declaration, above) => {
    for (const member of declaration.members.filter(ts.isPropertyDeclaration)) {
      const name = above + member.name.getText(source);
      const nested = classes.get(nestedClass(member, source) ?? '');
      rows.push({ name, required: !member.questionToken && !member.initializer, fallback: nested ? undefined : member.initializer?.getText(source), about: comment(member) });
      if (nested) walk(nested, `${name}.`);
    }
  };
  walk(root[1], '');
  return rows;
}

/** `X` of `@Type(() => X)`. */
function nestedClass(member, source) {
  for (const decorator of ts.getDecorators(member) ?? []) {
    const call = decorator.expression;
    if (ts.isCallExpression(call) && call.expression.getText(source) === 'Type' && call.arguments[0] && ts.isArrowFunction(call.arguments[0])) return call.arguments[0].body.getText(source);
  }
  return undefined;
}

function comment(member) {
  const parts = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc).map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '');
  return parts.join(' ').replace(/\s+/g, ' ').trim();
}
