/**
 * JSON Schema (2020-12) as far as the language needs it, and two keywords of our own that say what
 * JSON Schema cannot. `editor.ts` turns it into what editors read, `keys.ts` into tables.
 */

export interface SchemaNode {
  /** What kind of value it is: `duration`, `share`. */
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly (string | number | boolean)[];
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  /** Of a map with fixed keys. */
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  /** The values of a map of names; false for a map with fixed keys. */
  readonly additionalProperties?: SchemaNode | false;
  /** In the words of the language. */
  readonly default?: unknown;
  /** Ours: what it means that the value is left out. */
  readonly absent?: string;
  /** Ours: what stands under this key (of a list: `items`) may be written alone, in place of the whole. */
  readonly just?: string;
  /** Ours: by the word that stands under `just`, what the other keys are when they are left out. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
