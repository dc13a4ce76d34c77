import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from './name.ts';
import { NameTable } from './name-table.ts';

interface Item {
  readonly name: Name;
}

/** Another object for the same name each time, in either case. */
const names = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.boolean())
  .map(([n, upper]) => Name.parse(upper ? `N${n}.TEST` : `n${n}.test`));
const step = fc.record({ name: names, adds: fc.boolean() });

describe('a table by name', () => {
  it('holds what a Map of keys holds (property)', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 200 }), (steps) => {
        const table = new NameTable<Item>();
        const map = new Map<string, Item>();
        for (const { name, adds } of steps) {
          const known = map.get(name.key);
          expect(table.get(name)).toBe(known);
          if (known !== undefined) found++;
          if (adds && known === undefined) {
            const item = { name };
            table.add(item);
            map.set(name.key, item);
          } else if (!adds && known !== undefined) {
            table.delete(known);
            map.delete(name.key);
          }
          expect(table.size).toBe(map.size);
        }
        for (const [key, item] of map) expect(table.get(Name.fromKey(key))).toBe(item);
        table.clear();
        expect(table.size).toBe(0);
        for (const { name } of steps) expect(table.get(name)).toBeUndefined();
      }),
      { seed: 7 },
    );
    expect(found).toBeGreaterThan(100);
  });

  it('tells names apart that have one hash', () => {
    const [first, second] = [Name.parse('1112789.test'), Name.parse('1349192.test')];
    expect(first.hash).toBe(second.hash);
    const table = new NameTable<Item>();
    table.add({ name: first });
    expect(table.get(second)).toBeUndefined();
    table.add({ name: second });
    expect(table.get(second)?.name).toBe(second);
    expect(table.get(first)?.name).toBe(first);
  });
});
