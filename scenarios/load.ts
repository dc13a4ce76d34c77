/**
 * Reads a scenario file, the worlds that it extends and the files that it points to (names, zone
 * snapshots), into one located tree. The only user of files in this folder, and of the YAML package.
 *
 * Refused here, each with its place: what is no YAML 1.2, duplicate keys, keys that are no text,
 * unknown tags, aliases that multiply (YAML bombs), files that extend each other in a circle.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import {
  nearestWord,
  oneOf,
  type Position,
  quote,
  type ScenarioError,
  ScenarioErrors,
} from './errors.ts';
import { describe, merge, type Tree, type TreeEntry, type TreeMap, withSources } from './tree.ts';

/** A scenario is written by hand; the shipped ones stay below 30 kB. */
const MAX_FILE_BYTES = 1 << 18;
/** A list of domains is data: the usual top million has 15 MB. */
const MAX_NAMES_BYTES = 64 << 20;
/** The whole root zone has 2 MB; a zone of a million delegations is what a plan can carry to its threads. */
const MAX_SNAPSHOT_BYTES = 256 << 20;
/** Values after aliases are expanded; the shipped scenarios stay below 2,000. */
const MAX_VALUES = 50_000;
const MAX_DEPTH = 64;
/** What the YAML package reads without its own recursion getting in the way. */
const MAX_BRACKETS = 256;
/** Errors of YAML follow from each other; more than a few say nothing new. */
const MAX_YAML_ERRORS = 5;
/** Worlds upon worlds; more is a mistake. */
const MAX_EXTENDS = 16;

/** A file that a scenario points to. */
export interface DataFile {
  readonly file: string;
  readonly text: string;
}

export interface LoadedScenario {
  readonly file: string;
  readonly tree: TreeMap;
  /** The list of domains that `names` points to; null when the scenario names none. */
  readonly names: DataFile | null;
  /** Master files by the key of their zone, one character per octet. */
  readonly snapshots: ReadonlyMap<string, DataFile>;
}

/** Reads `file`; throws `ScenarioErrors` for anything that is wrong with what was read or could not be. */
export function loadScenario(file: string): LoadedScenario {
  const tree = loadTree(file, null, []);
  return { file, tree, names: loadNames(tree), snapshots: loadSnapshots(tree) };
}

function loadTree(file: string, from: Position | null, chain: readonly string[]): TreeMap {
  const at = from ?? { file, line: 1, column: 1 };
  const identity = resolve(file);
  if (chain.includes(identity)) refuse(at, `${file} again`, 'worlds that do not extend each other');
  if (chain.length >= MAX_EXTENDS) refuse(at, 'one more file', `at most ${MAX_EXTENDS} of them`);
  const tree = parse(file, readText(file, at, MAX_FILE_BYTES));
  const base = tree.entries.get('extends');
  if (base === undefined) return tree;
  if (base.value.kind !== 'scalar' || typeof base.value.value !== 'string') {
    refuse(base.value.at, describe(base.value), 'the path of a world file');
  }
  const path = SHIPPED_NAME.test(base.value.value)
    ? shipped(base.value.value, base.value.at)
    : beside(file, base.value.value);
  const world = loadTree(path, base.value.at, [...chain, identity]);
  return merge(world, tree) as TreeMap;
}

/** What has neither a slash nor an extension is the name of a world or scenario of this package. */
const SHIPPED_NAME = /^[\w-]+$/;

function shipped(name: string, at: Position): string {
  const files = new Map<string, string>();
  for (const folder of ['worlds', 'library']) {
    const path = fileURLToPath(new URL(folder, import.meta.url));
    for (const file of readdirSync(path)
      .filter((each) => each.endsWith('.yaml'))
      .sort()) {
      files.set(file.slice(0, -'.yaml'.length), join(path, file));
    }
  }
  const known = [...files.keys()];
  const expected = `a path with an extension, or ${oneOf(known)}`;
  return files.get(name) ?? refuse(at, `world ${quote(name)}`, expected, nearestWord(name, known));
}

/** Paths in a file are relative to that file. */
function beside(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

function loadNames(tree: TreeMap): DataFile | null {
  const names = tree.entries.get('names')?.value;
  if (names === undefined) return null;
  if (names.kind !== 'scalar' || typeof names.value !== 'string') {
    refuse(names.at, describe(names), 'the path of a list of domains');
  }
  const file = beside(names.at.file, names.value);
  return { file, text: readText(file, names.at, MAX_NAMES_BYTES) };
}

/** What is no path is left to the schema. */
function loadSnapshots(tree: TreeMap): Map<string, DataFile> {
  const out = new Map<string, DataFile>();
  const zones = tree.entries.get('zones')?.value;
  if (zones?.kind !== 'map') return out;
  for (const [key, { value: zone }] of zones.entries) {
    const path = zone.kind === 'map' ? zone.entries.get('snapshot')?.value : undefined;
    if (path?.kind !== 'scalar' || typeof path.value !== 'string') continue;
    const file = beside(path.at.file, path.value);
    out.set(key, { file, text: latin1(unpacked(file, path.at)) });
  }
  return out;
}

/** RFC 1035 section 5.1 knows octets, not characters. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Of a `.gz` file what is in it. */
function unpacked(file: string, at: Position): Uint8Array {
  const bytes = readBytes(file, at, MAX_SNAPSHOT_BYTES);
  if (!file.endsWith('.gz')) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_SNAPSHOT_BYTES });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      refuse(at, `${file}, which unpacks to more`, `at most ${MAX_SNAPSHOT_BYTES} bytes`);
    }
    return refuse(at, `${file}, which does not unpack (${code})`, 'a file packed by gzip');
  }
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a directory',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ENOTDIR: 'lies below something that is no directory',
};

function readBytes(file: string, at: Position, limit: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    refuse(at, `${file} ${READ_PROBLEMS[code] ?? `cannot be read (${code})`}`, 'a readable file');
  }
  if (bytes.length > limit) {
    refuse(at, `${file} of ${bytes.length} bytes`, `a file of at most ${limit} bytes`);
  }
  return bytes;
}

function readText(file: string, at: Position, limit: number): string {
  const bytes = readBytes(file, at, limit);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse(at, `${file} with bytes that are not UTF-8`, 'a text file in UTF-8');
  }
}

const YAML_EXPECTED: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'each key once in a map',
  TAG_RESOLVE_FAILED: 'values without tags',
  MULTIPLE_DOCS: 'one document per file',
};

function yamlProblem(code: string, message: string, text: string): string {
  if (code === 'DUPLICATE_KEY') return `key ${JSON.stringify(keyText(text))} a second time`;
  return message.replace(/\.$/, '').replace(/; please use .*$/, '');
}

function keyText(text: string): string {
  return text.split(/[:\n]/, 1)[0]?.trim() ?? text;
}

function parse(file: string, text: string): TreeMap {
  checkNesting(file, text);
  const lines = new LineCounter();
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const found = [...document.errors, ...document.warnings].slice(0, MAX_YAML_ERRORS);
  const problems: ScenarioError[] = found.map((problem) => ({
    ...place(problem.pos[0]),
    found: yamlProblem(problem.code, problem.message, text.slice(problem.pos[0])),
    expected: YAML_EXPECTED[problem.code] ?? 'well-formed YAML 1.2',
    nearest: null,
  }));
  if (problems.length > 0) throw new ScenarioErrors(problems);
  const root = new TreeReader(document, text, place).read(document.contents, 0);
  if (root.kind !== 'map') refuse(root.at, describe(root), 'a map of scenario keys');
  const tree = withSources(root, problems);
  if (problems.length > 0) throw new ScenarioErrors(problems);
  return tree;
}

/** Reading time grows with the square of the nesting, so that is bounded before anything is read. */
function checkNesting(file: string, text: string): void {
  const dashes = new RegExp(`(?:[-?:] +){${MAX_BRACKETS}}`);
  let depth = 0;
  for (const [index, row] of text.split('\n').entries()) {
    for (const character of row) {
      if (character === '[' || character === '{') depth++;
      else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
    }
    if (depth > MAX_BRACKETS || dashes.test(row)) {
      refuse(
        { file, line: index + 1, column: 1 },
        'endless nesting',
        `at most ${MAX_DEPTH} levels`,
      );
    }
  }
}

/** Turns the package's nodes into ours, expands aliases, and counts what it makes. */
class TreeReader {
  readonly #document: Document;
  readonly #text: string;
  readonly #place: (offset: number) => Position;
  #values = 0;

  constructor(document: Document, text: string, place: (offset: number) => Position) {
    this.#document = document;
    this.#text = text;
    this.#place = place;
  }

  read(node: unknown, depth: number, near = 0): Tree {
    const at = this.#place(isNode(node) ? (node.range?.[0] ?? near) : near);
    if (++this.#values > MAX_VALUES) {
      refuse(at, 'aliases that multiply', `at most ${MAX_VALUES} values in a file`);
    }
    if (depth > MAX_DEPTH) refuse(at, 'an endless alias or nesting', `at most ${MAX_DEPTH} levels`);
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined)
        refuse(at, `alias *${node.source}`, 'an alias of an earlier &anchor');
      return this.read(target, depth + 1);
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => this.read(item, depth + 1, node.range?.[0]));
      return { kind: 'list', at, items };
    }
    if (isMap(node)) return this.#readMap(node, at, depth);
    if (isScalar(node)) return this.#readScalar(node, at);
    return { kind: 'scalar', at, value: null, text: '', source: null };
  }

  #readMap(node: YAMLMap, at: Position, depth: number): TreeMap {
    const entries = new Map<string, TreeEntry>();
    for (const { key, value } of node.items) {
      const keyAt = this.#place(isNode(key) ? (key.range?.[0] ?? 0) : 0);
      if (!isScalar(key) || key.value === null) refuse(keyAt, 'a key that is no text', 'a word');
      const word = key.source ?? String(key.value);
      if (word === '__proto__') refuse(keyAt, 'key "__proto__"', 'another word');
      // 1 and "1" differ for YAML and are one word for us
      if (entries.has(word)) refuse(keyAt, `key "${word}" a second time`, 'each key once in a map');
      const near = isNode(key) ? key.range?.[0] : undefined;
      entries.set(word, { at: keyAt, value: this.read(value, depth + 1, near) });
    }
    return { kind: 'map', at, entries };
  }

  #readScalar(node: Scalar, at: Position): Tree {
    const { value } = node;
    const text = node.source ?? this.#text.slice(...(node.range ?? [0, 0])).trim();
    if (value === null || typeof value === 'string' || typeof value === 'boolean') {
      return { kind: 'scalar', at, value, text, source: null };
    }
    if (typeof value !== 'number') refuse(at, text, 'a plain value');
    return { kind: 'scalar', at, value, text, source: null };
  }
}

function refuse(
  at: Position,
  found: string,
  expected: string,
  nearest: string | null = null,
): never {
  throw new ScenarioErrors([{ ...at, found, expected, nearest }]);
}
