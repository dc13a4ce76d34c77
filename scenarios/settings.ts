/**
 * Every value of a scenario, in the order of the language: what its files say, and the defaults for
 * what they leave out, each in the units of the language and with where it comes from.
 *
 * A value that is left out because it does not apply (`zone` of an event of all resolvers) is not
 * listed where its map is an item of a list: those are written out whole by whoever writes them.
 */

import type { Provenance } from '../sim/plan.ts';
import type { LoadedScenario } from './load.ts';
import type { SchemaNode } from './schema/node.ts';
import { describeLanguage } from './schema.ts';
import { type Path, pathText, type Tree, type TreeScalar } from './tree.ts';

export interface Setting {
  /** `zones.de.ttl.nsec`, `timeline[2].at` */
  readonly path: string;
  /** As written, or as it would be written. */
  readonly value: string;
  /** `given`: a file says so, and not where it comes from. `default`: no file says so. */
  readonly provenance: Provenance | 'given' | 'default';
  readonly note: string;
}

export function settingsOf({ tree }: LoadedScenario): Setting[] {
  return [...ofNode(describeLanguage(), tree, [], false)];
}

function* ofNode(
  node: SchemaNode,
  tree: Tree | undefined,
  path: Path,
  inList: boolean,
): Generator<Setting> {
  if (tree === undefined) yield* leftOut(node, path, inList);
  else if (tree.kind === 'scalar') {
    yield ofScalar(tree, path);
    yield* ofPreset(node, tree.text, new Set(), path);
  } else if (tree.kind === 'list') yield* ofList(node, tree.items, path);
  else {
    const { properties, presets, just = '' } = node;
    const keys = properties === undefined ? tree.entries.keys() : Object.keys(properties);
    for (const key of keys) {
      const value = tree.entries.get(key)?.value;
      if (presets !== undefined && value === undefined && key !== just) continue;
      const part = properties?.[key] ?? namedPart(node);
      yield* ofNode(part, value, [...path, key], inList);
    }
    const chosen = tree.entries.get(just)?.value;
    const word = chosen?.kind === 'scalar' ? chosen.text : String(properties?.[just]?.default);
    yield* ofPreset(node, word, new Set(tree.entries.keys()), path);
  }
}

/** What is left out because a word says it. */
function* ofPreset(
  { presets, just = '' }: SchemaNode,
  word: string,
  said: ReadonlySet<string>,
  path: Path,
): Generator<Setting> {
  for (const [key, value] of Object.entries(presets?.[word] ?? {})) {
    if (said.has(key)) continue;
    const note = `${just} ${word}`;
    yield { path: pathText([...path, key]), value, provenance: 'default', note };
  }
}

function namedPart({ additionalProperties }: SchemaNode): SchemaNode {
  return additionalProperties === undefined || additionalProperties === false
    ? {}
    : additionalProperties;
}

function* ofList(node: SchemaNode, items: readonly Tree[], path: Path): Generator<Setting> {
  // a variant may be written as the list of its mitigations
  const part = node.properties?.[node.just ?? '']?.items ?? node.items ?? {};
  if (items.length === 0)
    yield { path: pathText(path), value: '[]', provenance: 'given', note: '' };
  for (const [index, item] of items.entries()) yield* ofNode(part, item, [...path, index], true);
}

function ofScalar({ text, source }: TreeScalar, path: Path): Setting {
  const { provenance, note } = source ?? { provenance: 'given', note: '' };
  return { path: pathText(path), value: text === '' ? '""' : text, provenance, note };
}

function* leftOut(node: SchemaNode, path: Path, inList: boolean): Generator<Setting> {
  if (node.properties !== undefined && defaultText(node.default ?? null) === '{}') {
    const parts = Object.entries(node.properties);
    for (const [key, part] of parts) yield* leftOut(part, [...path, key], inList);
    return;
  }
  const isSaid = node.default !== undefined || (node.absent !== undefined && !inList);
  if (!isSaid) return;
  const value = node.default === undefined ? '-' : defaultText(node.default);
  const note = node.absent ?? '';
  yield { path: pathText(path), value, provenance: 'default', note };
}

/** Defaults are words, numbers, or lists and maps of nothing. */
function defaultText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
