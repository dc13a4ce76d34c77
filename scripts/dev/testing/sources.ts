/** The project's own source files, parsed once, for the tests about the code itself. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));
export const ROOMS = ['resolver-core', 'sim', 'scenarios', 'reports', 'scripts'] as const;

export interface SourceFile {
  /** From the root, with `/`: `sim/run.ts`. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly syntax: ts.SourceFile;
  /** Tests and what only tests import. */
  readonly isTest: boolean;
  /** Our own files that it imports, types included. */
  readonly imports: readonly string[];
  /** `node:` modules and packages (without sub-path). */
  readonly packages: readonly string[];
}

/** Every file below `folder` whose name ends so, in order of path. */
export function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path, ending);
      return ending.test(entry.name) ? [path] : [];
    })
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(ROOT, path));
}

export function sourceFiles(): SourceFile[] {
  return ROOMS.filter(exists)
    .flatMap((room) => filesBelow(room, /\.(?:ts|mjs)$/))
    .map((path) => {
      const text = read(path);
      const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
      const names = importedNames(syntax);
      const outside = names.filter((name) => !name.startsWith('.'));
      return {
        path,
        folder: posix.dirname(path),
        text,
        syntax,
        isTest: /\.test\.ts$|(?:^|\/)testing\//.test(path),
        imports: names
          .filter((name) => name.startsWith('.'))
          .map((name) => posix.join(dirname(path), name)),
        packages: outside.map((name) => (name.startsWith('node:') ? name : packageName(name))),
      };
    });
}

/** Of `import`, `export from`, `import()` and `import('x').Type`. */
function importedNames(syntax: ts.SourceFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    let from: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) from = node.moduleSpecifier;
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      from = node.argument.literal;
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      from = node.arguments[0];
    }
    if (from !== undefined && ts.isStringLiteral(from)) names.push(from.text);
    ts.forEachChild(node, visit);
  };
  visit(syntax);
  return names;
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

/**
 * What a file speaks of: free identifiers (`Date`), members of globals (`Math.pow`), and the
 * operators and keywords `**` and `async`. Comments, strings and property names are not speech.
 */
export function mentions(file: SourceFile): { readonly what: string; readonly line: number }[] {
  const source = file.syntax;
  const found: { what: string; line: number }[] = [];
  const add = (what: string, node: ts.Node): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ what, line: line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isPropertyName(node)) {
      const { parent } = node;
      const isMember = ts.isPropertyAccessExpression(parent) && parent.expression === node;
      add(isMember ? `${node.text}.${parent.name.text}` : node.text, node);
    } else if (
      node.kind === ts.SyntaxKind.AsteriskAsteriskToken ||
      node.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken
    ) {
      add('**', node);
    } else if (node.kind === ts.SyntaxKind.AsyncKeyword) {
      add('async', node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    ((ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isGetAccessor(parent)) &&
      parent.name === node)
  );
}
