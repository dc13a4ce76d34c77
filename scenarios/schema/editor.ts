/**
 * The language as JSON Schema, for editors that complete and check: what `describeLanguage` says, and
 * what it cannot know. A file may leave out whatever the world that it extends says, so only items of
 * lists, which are never merged, must be complete. A single value, or a list of them, may be written as
 * `{ value: 2h, published: "who says so" }`, and a map may say so of all that is in it.
 *
 * Limitation: what needs more than one value (names that must exist, orders of time) is checked by
 * `zonequake validate` only.
 */

import { describeLanguage } from '../schema.ts';
import type { SchemaNode } from './node.ts';

type Json = Record<string, unknown>;

/** Definitions of the keys that say where numbers come from. */
const SOURCES: Readonly<Record<string, string>> = {
  published: 'Where the numbers come from: who published them',
  derived: 'Where the numbers come from: what they follow from',
  assumed: 'Where the numbers come from: why they are assumed',
  calibrated: 'Where the numbers come from: on what they were fitted',
};
const NOTES: Json = Object.fromEntries(
  Object.keys(SOURCES).map((word) => [word, { $ref: `#/$defs/${word}` }]),
);

/** The schema as plain data. */
export function editorSchema(): Json {
  const writer = new Writer();
  const language = describeLanguage();
  const properties = Object.fromEntries(
    Object.entries(language.properties ?? {}).map(([key, node]) => [
      key,
      writer.write(node, false),
    ]),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Zonequake scenario',
    type: 'object',
    properties,
    additionalProperties: false,
    $defs: Object.fromEntries([...writer.definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

class Writer {
  /** What is written once and referred to: kinds of values, and maps that occur in many places. */
  readonly definitions = new Map<string, Json>(
    Object.entries(SOURCES).map(([word, description]) => [
      word,
      { type: 'string', pattern: '\\S', description },
    ]),
  );

  write(node: SchemaNode, inList: boolean): Json {
    const { description, default: standard, absent, just } = node;
    const notes = [description, absent === undefined ? undefined : `Left out: ${absent}`];
    const said = notes.filter((text) => text !== undefined).join('. ');
    const whole = this.#form(node, inList);
    const part = just === undefined ? undefined : (node.properties?.[just] ?? node.items);
    return {
      ...(said === '' ? {} : { description: capital(said) }),
      ...(standard === undefined ? {} : { default: standard }),
      ...(part === undefined ? whole : { anyOf: [this.#form(part, inList), whole] }),
    };
  }

  /** Numbers have bounds that differ from place to place, and are written out there. */
  #form(node: SchemaNode, inList: boolean): Json {
    const { title, minimum } = node;
    if (title === undefined || minimum !== undefined) return this.#shape(node, inList);
    const name = title.replaceAll(' ', '-');
    if (!this.definitions.has(name)) this.definitions.set(name, this.#shape(node, inList));
    return { $ref: `#/$defs/${name}` };
  }

  #shape(node: SchemaNode, inList: boolean): Json {
    const { properties, additionalProperties: each, items, required } = node;
    if (properties !== undefined) {
      const parts = Object.entries(properties).map(([key, part]) => [
        key,
        this.write(part, inList),
      ]);
      const all = { ...Object.fromEntries(parts), ...NOTES };
      const needed = inList && required !== undefined ? { required } : {};
      return { type: 'object', properties: all, ...needed, additionalProperties: false };
    }
    if (each !== undefined && each !== false) {
      const part = this.write(each, inList);
      // `~` takes away what the base has under the name
      const named = inList ? part : { anyOf: [part, { type: 'null' }] };
      return { type: 'object', properties: NOTES, additionalProperties: named };
    }
    if (items !== undefined) {
      const list = { type: 'array', items: this.write(items, true) };
      return items.properties === undefined ? noted(list) : list;
    }
    const { type, pattern, minimum, maximum, enum: words, anyOf } = node;
    return noted(defined({ type, pattern, minimum, maximum, enum: words, anyOf }));
  }
}

function defined(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
}

function noted(json: Json): Json {
  const map = {
    type: 'object',
    properties: { value: json, ...NOTES },
    required: ['value'],
    additionalProperties: false,
  };
  return { anyOf: [json, map] };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
