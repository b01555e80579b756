import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { filesBelow } from './files.mjs';

/** Names of connectors that are ordinary words too. */
const ORDINARY_WORDS = new Set(['file']);
/** A name that is this long is looked for inside of words also; shorter ones (`aws` in `laws`) as a word only. */
const LONG_ENOUGH = 6;

/**
 * Places that may use a vendor's name, each because the name is part of the facts that the place is about.
 * An allowance that nothing needs any more is a problem of its own.
 */
export const ALLOWED = [];

/** The vendors: every connector that has a manifest, by the name of its folder. */
export function vendorNames(root) {
  return filesBelow(root, 'connectors')
    .filter((file) => /^connectors\/(?!sdk\/)[^/]+\/manifest\.ts$/.test(file))
    .map((file) => file.split('/')[1])
    .filter((name) => !ORDINARY_WORDS.has(name));
}

/** Uses of a vendor's name in code and texts of src/ and connectors/sdk/. Comments may cite a vendor's page; specs may show one. */
export function vendorsNamed(root, allowed = ALLOWED) {
  const names = vendorNames(root);
  const used = new Set();
  const problems = ['src', 'connectors/sdk'].flatMap((folder) => filesBelow(root, folder))
    .filter((file) => /\.[cm]?tsx?$/.test(file) && !/\.spec\.tsx?$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      const lower = text.toLowerCase();
      if (!names.some((name) => lower.includes(name))) return [];
      return words(file, text).flatMap(({ text: word, line }) => names.filter((name) => says(word, name)).flatMap((name) => {
        const allowance = allowed.find((entry) => entry.file === file && entry.name === name);
        if (allowance) {
          used.add(allowance);
          return [];
        }
        return [{ file, line, message: `names the vendor "${name}": src/ and connectors/sdk/ know roles and manifests only` }];
      }));
    });
  const unused = allowed.filter((entry) => !used.has(entry))
    .map((entry) => ({ file: entry.file, line: 1, message: `is allowed to name "${entry.name}" and does not: take the allowance back` }));
  return [...problems, ...unused];
}

function says(text, name) {
  if (name.length >= LONG_ENOUGH && text.toLowerCase().includes(name)) return true;
  const parts = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2').toLowerCase().split(/[^a-z0-9]+/);
  return parts.includes(name);
}

/** Identifiers and texts with their lines; no comments. */
function words(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
      || node.kind === ts.SyntaxKind.RegularExpressionLiteral) {
      found.push({ text: node.text, line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
