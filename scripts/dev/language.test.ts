import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SchemaNode } from '../../scenarios/schema/node.ts';
import { describeLanguage } from '../../scenarios/schema.ts';
import { REFERENCE_FILE, SCHEMA_FILE, schemaText, withTables } from './language.ts';

describe('what follows from the definition of the language', () => {
  it('scenarios/schema.json is current (npm run language)', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaText());
  });

  it('the tables of docs/scenario-reference.md are current (npm run language)', () => {
    const page = readFileSync(REFERENCE_FILE, 'utf8');
    expect(page).toBe(withTables(page));
  });

  it('a table without a section, and a section without a table, are refused', () => {
    const page = readFileSync(REFERENCE_FILE, 'utf8');
    expect(() => withTables(page.replace('keys: zones', 'keys: zoness'))).toThrow('section zoness');
    expect(() => withTables(page.replace('keys: zones', 'zones'))).toThrow('no place for zones');
  });

  it('every key says what it means', () => {
    const silent: string[] = [];
    const visit = (node: SchemaNode, path: string): void => {
      for (const [key, part] of Object.entries(node.properties ?? {})) {
        if ((part.description ?? '') === '') silent.push(`${path}.${key}`);
        visit(part, `${path}.${key}`);
      }
      if (node.items !== undefined) visit(node.items, `${path}[]`);
      if (node.additionalProperties) visit(node.additionalProperties, `${path}.*`);
    };
    visit(describeLanguage(), '');
    expect(silent).toEqual([]);
  });

  it('a key that may be left out says what holds then', () => {
    const silent: string[] = [];
    const visit = (node: SchemaNode, path: string): void => {
      for (const [key, part] of Object.entries(node.properties ?? {})) {
        const isNeeded = node.required?.includes(key) === true;
        if (!isNeeded && part.default === undefined && (part.absent ?? '') === '') {
          silent.push(`${path}.${key}`);
        }
        visit(part, `${path}.${key}`);
      }
      if (node.items !== undefined) visit(node.items, `${path}[]`);
      if (node.additionalProperties) visit(node.additionalProperties, `${path}.*`);
    };
    visit(describeLanguage(), '');
    expect(silent).toEqual([]);
  });
});
