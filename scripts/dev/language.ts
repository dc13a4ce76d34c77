/**
 * Writes what follows from the definition of the language (scenarios/schema.ts): scenarios/schema.json
 * for editors, and the tables of keys in docs/scenario-reference.md. Run it after a change there:
 *
 *     npm run language
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { editorSchema } from '../../scenarios/schema/editor.ts';
import type { SchemaNode } from '../../scenarios/schema/node.ts';
import { describeLanguage } from '../../scenarios/schema.ts';
import { METRICS } from '../../sim/metrics.ts';

export const SCHEMA_FILE: URL = new URL('../../scenarios/schema.json', import.meta.url);
export const REFERENCE_FILE: URL = new URL('../../docs/scenario-reference.md', import.meta.url);

/** A table: where its keys stand in the language, and which of them are told elsewhere. */
interface Section {
  readonly at: readonly string[];
  readonly elsewhere?: readonly string[];
  /** Of these, their own keys are. */
  readonly closed?: readonly string[];
}

const AS_IN_TRAFFIC = ['missing', 'one-off', 'regions', 'clients'].map((key) => `traffic.${key}`);

/** By the name in the marker `<!-- keys: NAME -->` before each table. */
const SECTIONS: Readonly<Record<string, Section>> = {
  head: {
    at: [],
    elsewhere: ['zones', 'operators', 'hosting', 'network', 'names', 'cluster', 'traffic'].concat([
      'origin',
      'authoritative',
      'timeline',
      'mitigations',
      'variants',
      'alerts',
      'expect',
      'published',
    ]),
  },
  zones: { at: ['zones', '*'] },
  signing: { at: ['zones', '*', 'signing'] },
  operators: { at: ['operators', '*'] },
  hosting: { at: ['hosting'] },
  network: { at: ['network'] },
  cluster: { at: ['cluster'] },
  'serve-stale': { at: ['cluster', 'resolver', 'serve-stale'] },
  traffic: { at: ['traffic'] },
  stub: { at: ['traffic', 'clients', '*', 'stub'] },
  origin: {
    at: ['origin'],
    closed: [
      ...['cluster.cache', 'cluster.forwarding', 'cluster.resolver', 'cluster.apps'],
      ...AS_IN_TRAFFIC,
    ],
  },
  authoritative: { at: ['authoritative'], closed: AS_IN_TRAFFIC },
  events: { at: ['timeline', '*'] },
  variants: { at: ['variants', '*'] },
  alerts: { at: ['alerts', '*'] },
  expect: { at: ['expect', '*'], elsewhere: Object.keys(METRICS) },
  bounds: { at: ['expect', '*', 'servfail-rate'] },
  published: { at: ['published', '*'] },
};

/** The page with its tables written anew. Throws an Error for a marker without a section, or the other way round. */
export function withTables(page: string): string {
  const language = describeLanguage();
  const left = new Set(Object.keys(SECTIONS));
  const written = page.replace(
    /(<!-- keys: (\S+) -->\n)[\s\S]*?(<!-- end of keys -->)/g,
    (_, begin: string, name: string, end: string) => {
      const section = SECTIONS[name];
      if (section === undefined) throw new Error(`there is no section ${name}`);
      left.delete(name);
      return `${begin}\n${table(nodeAt(language, section.at), section)}\n${end}`;
    },
  );
  if (left.size > 0) throw new Error(`no place for ${[...left].join(', ')}`);
  return written;
}

function nodeAt(root: SchemaNode, path: readonly string[]): SchemaNode {
  return path.reduce((node, step) => {
    const part = step === '*' ? (node.items ?? namedPart(node)) : node.properties?.[step];
    if (part === undefined) throw new Error(`the language has no ${path.join('.')}`);
    return part;
  }, root);
}

function namedPart({ additionalProperties: named }: SchemaNode): SchemaNode | undefined {
  return named === false ? undefined : named;
}

function table(node: SchemaNode, { elsewhere = [], closed = [] }: Section): string {
  const rows = [...rowsOf(node, '', elsewhere, closed)].map(
    (cells) => `| ${cells.join(' | ')} |\n`,
  );
  return `| Key | Written as | Meaning |\n| --- | --- | --- |\n${rows.join('')}`;
}

type Row = readonly [key: string, form: string, meaning: string];

function* rowsOf(
  node: SchemaNode,
  prefix: string,
  elsewhere: readonly string[],
  closed: readonly string[],
): Generator<Row> {
  for (const [key, part] of Object.entries(node.properties ?? {})) {
    if (elsewhere.includes(key)) continue;
    const path = prefix + key;
    yield [`\`${path}\``, form(part), meaning(part)];
    const named = namedPart(part);
    const isTitled = (part.title ?? part.items?.title) !== undefined; // has a table of its own
    if (isTitled || closed.includes(path)) continue;
    if (part.properties !== undefined) yield* rowsOf(part, `${path}.`, [], closed);
    else if (named !== undefined) yield* rowsOf(named, `${path}.NAME.`, [], closed);
    else if (part.items !== undefined) yield* rowsOf(part.items, `${path}[].`, [], closed);
  }
}

function form(node: SchemaNode): string {
  const named = namedPart(node);
  const { title, items, properties, enum: words, just } = node;
  const part = just === undefined ? undefined : properties?.[just];
  if (part !== undefined) return `${form(part)}, or ${mapForm(title)}`;
  if (title !== undefined) return properties ? mapForm(title) : bounded(node, title);
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  if (items !== undefined) {
    const list = items.properties === undefined ? `list: ${form(items)}` : 'list of maps';
    return just === undefined ? list : `${form(items)}, or ${list}`;
  }
  if (named !== undefined)
    return named.properties === undefined ? `by name: ${form(named)}` : 'maps by name';
  return 'map';
}

function mapForm(title: string | undefined): string {
  return title === undefined ? 'map' : `map: ${title}`;
}

function bounded({ minimum, maximum }: SchemaNode, title: string): string {
  const isBounded = /number$/.test(title) && minimum !== undefined && maximum !== undefined;
  return isBounded ? `${title}, ${minimum} to ${maximum}` : title;
}

function meaning({ description = '', default: standard, absent }: SchemaNode): string {
  if (absent !== undefined) return `${description}. Left out: ${absent}`;
  return standard === undefined ? description : `${description}. Default: ${written(standard)}`;
}

function written(standard: unknown): string {
  if (typeof standard === 'string') return `\`${standard}\``;
  const isEmpty = typeof standard === 'object' && Object.keys(standard ?? {}).length === 0;
  return isEmpty ? 'none' : `\`${JSON.stringify(standard)}\``;
}

export function schemaText(): string {
  return `${JSON.stringify(editorSchema(), null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(SCHEMA_FILE, schemaText());
  writeFileSync(REFERENCE_FILE, withTables(readFileSync(REFERENCE_FILE, 'utf8')));
}
