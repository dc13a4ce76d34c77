import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { edited, MUTANTS } from './list.ts';

describe('the edits of mutants', () => {
  it.each(MUTANTS)('$name: fits the source', ({ file, find, put }) => {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    const broken = edited(source, find, put);
    expect(broken).not.toBeNull();
    expect(broken).not.toBe(source);
  });

  it('fit only what is there once', () => {
    expect(edited('a b', 'b', 'c')).toBe('a c');
    expect(edited('a b', 'x', 'c')).toBeNull();
    expect(edited('b b', 'b', 'c')).toBeNull();
  });
});
