/**
 * A scenario as located data: what the YAML said, each value with its place and where its number
 * comes from. First of the three types of a scenario (located tree, validated `Scenario`, `Plan`).
 *
 * Provenance: a map may say where its numbers come from with one of the keys `published`,
 * `derived`, `assumed` or `calibrated` and a sentence. That holds for every value inside that does
 * not say so itself, in the same file. A single number says so as `{ value: 12%, assumed: "why" }`.
 */

import type { Provenance } from '../sim/plan.ts';
import type { Position, ScenarioError } from './errors.ts';

export interface Source {
  readonly provenance: Provenance;
  readonly note: string;
}

export type Tree = TreeMap | TreeList | TreeScalar;

export interface TreeMap {
  readonly kind: 'map';
  readonly at: Position;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

export interface TreeEntry {
  /** Where the key stands. */
  readonly at: Position;
  readonly value: Tree;
}

export interface TreeList {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly Tree[];
}

export interface TreeScalar {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly value: string | number | boolean | null;
  /** As written. */
  readonly text: string;
  readonly source: Source | null;
}

export type Path = readonly (string | number)[];

const PROVENANCES: readonly Provenance[] = ['published', 'derived', 'assumed', 'calibrated'];

/** Resolves the provenance keys of one file's tree: they vanish, and every scalar below knows its source. */
export function withSources(root: TreeMap, problems: ScenarioError[]): TreeMap {
  const entries = new Map<string, TreeEntry>();
  for (const [key, entry] of root.entries) {
    entries.set(key, { at: entry.at, value: annotate(entry.value, null, problems) });
  }
  return { ...root, entries };
}

function annotate(tree: Tree, inherited: Source | null, problems: ScenarioError[]): Tree {
  if (tree.kind === 'scalar') return { ...tree, source: inherited };
  if (tree.kind === 'list') {
    return { ...tree, items: tree.items.map((item) => annotate(item, inherited, problems)) };
  }
  const source = sourceOf(tree, problems) ?? inherited;
  const single = tree.entries.get('value');
  // `{ value: X, assumed: why }` is X; a map with any other key (a published figure) is a map
  if (single !== undefined && [...tree.entries.keys()].every((key) => isWrapperKey(key))) {
    return annotate(single.value, source, problems);
  }
  const entries = new Map<string, TreeEntry>();
  for (const [key, entry] of tree.entries) {
    if (isProvenance(key)) continue;
    entries.set(key, { at: entry.at, value: annotate(entry.value, source, problems) });
  }
  return { ...tree, entries };
}

function isProvenance(key: string): key is Provenance {
  return (PROVENANCES as readonly string[]).includes(key);
}

function isWrapperKey(key: string): boolean {
  return key === 'value' || isProvenance(key);
}

function sourceOf(map: TreeMap, problems: ScenarioError[]): Source | null {
  let source: Source | null = null;
  for (const [key, entry] of map.entries) {
    if (!isProvenance(key)) continue;
    const note = entry.value.kind === 'scalar' ? entry.value.value : null;
    if (typeof note !== 'string' || note.trim() === '') {
      problems.push({
        ...entry.value.at,
        found: describe(entry.value),
        expected: `a sentence that says where the numbers come from (${key})`,
        nearest: null,
      });
    } else if (source !== null) {
      problems.push({
        ...entry.at,
        found: `both "${source.provenance}" and "${key}"`,
        expected: 'one of them',
        nearest: null,
      });
    } else {
      source = { provenance: key, note };
    }
  }
  return source;
}

/**
 * Maps merge key by key, anything else replaces what was there; keys keep the base's order. A key of the
 * base that is written with `~` is taken away.
 */
export function merge(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const below = entries.get(key);
    if (below !== undefined && isRemoval(entry.value)) {
      entries.delete(key);
      continue;
    }
    entries.set(
      key,
      below === undefined ? entry : { at: entry.at, value: merge(below.value, entry.value) },
    );
  }
  return { kind: 'map', at: over.at, entries };
}

/** Only when it is said: a value that was forgotten takes nothing away. */
function isRemoval(tree: Tree): boolean {
  return tree.kind === 'scalar' && tree.value === null && tree.text === '~';
}

/** What a message calls this value. */
export function describe(tree: Tree): string {
  if (tree.kind !== 'scalar') return `a ${tree.kind}`;
  if (tree.value === null) return 'nothing';
  const text = tree.text.length > 60 ? `${tree.text.slice(0, 57)}...` : tree.text;
  return JSON.stringify(text);
}

/**
 * The path as it was written: the schema lets a map or list be written as its only part (a variant as
 * its list of mitigations), and then speaks of a step that the file does not have.
 */
export function writtenPath(root: Tree, path: Path): Path {
  const written: (string | number)[] = [];
  let tree: Tree | undefined = root;
  for (const step of path) {
    const isThere: boolean =
      tree === undefined ||
      tree.kind === 'map' ||
      (tree.kind === 'list' && typeof step === 'number');
    if (!isThere) continue;
    written.push(step);
    tree = tree === undefined ? undefined : valueAt(tree, [step]);
  }
  return written;
}

/** The value at `path`; undefined when the tree does not reach so far. */
export function valueAt(root: Tree, path: Path): Tree | undefined {
  let tree: Tree | undefined = root;
  for (const step of path) {
    if (tree === undefined) return undefined;
    if (tree.kind === 'map') tree = tree.entries.get(String(step))?.value;
    else if (tree.kind === 'list') tree = tree.items[Number(step)];
    else return undefined;
  }
  return tree;
}

/** Where the value at `path` stands, or else the innermost value around it that exists. */
export function positionOf(root: Tree, path: Path): Position {
  for (let length = path.length; length > 0; length--) {
    const tree = valueAt(root, path.slice(0, length));
    if (tree !== undefined) return tree.at;
  }
  return root.at;
}

/** Where the last key of `path` stands; for values in lists and missing keys, as `positionOf`. */
export function keyPositionOf(root: Tree, path: Path): Position {
  const parent = valueAt(root, path.slice(0, -1));
  const entry = parent?.kind === 'map' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.at ?? positionOf(root, path);
}

/** Plain data, for the schema. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(toPlain);
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, toPlain(entry.value)]));
}

/** Every scalar below `tree` with its path, in order. */
export function* scalarsOf(tree: Tree, path: Path = []): Generator<[Path, TreeScalar]> {
  if (tree.kind === 'scalar') {
    yield [path, tree];
  } else if (tree.kind === 'list') {
    for (const [index, item] of tree.items.entries()) yield* scalarsOf(item, [...path, index]);
  } else {
    for (const [key, entry] of tree.entries) yield* scalarsOf(entry.value, [...path, key]);
  }
}

/** `zones.de.ttl.nsec`, `zones."co.uk".operator`, `timeline[2].at`. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      const word = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
      return index === 0 ? word : `.${word}`;
    })
    .join('');
}
