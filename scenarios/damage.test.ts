/** Whatever happens to a scenario file, it is planned or refused with places; nothing else is thrown. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from './compile.ts';
import { ScenarioErrors } from './errors.ts';
import { INCIDENT, withFiles } from './testing/files.ts';

const WORLD = fileURLToPath(new URL('./worlds/internet-small.yaml', import.meta.url));
const FILES = [INCIDENT, WORLD].map((file) => readFileSync(file, 'utf8').split('\n'));

const RUNS = 60;

const NAMES = Array.from({ length: 200 }, (_, i) => `domain${i}.com\n`).join('');

const NASTY = [
  ...['-1', '1e999', '.inf', '.nan', '~', '[]', '{}', '""', '0x10', '0', '99999999999999999999'],
  ...['2026-02-30T00:00Z', '..', '19:30..', '-1h', '+99h', 'start', '200%', '1h30', 'on', 'apex'],
  ...['*a', '&a b', '!!js x', '? y', '- -', '|', '>', '{ value: 1 }', '{ value: 1, assumed: [] }'],
  ...['constructor', 'toString', '__proto__', 'hasOwnProperty', 'NaN', 'a.b', '.', '..de', '\\999'],
  ...[
    '[x, [y, { z: 1 }]]',
    '{ published: 1, derived: 2 }',
    'x'.repeat(300),
    '\u0000',
    '\ud83d\ude00',
  ],
];

/** One act of damage to the lines of a file. */
type Damage =
  | { readonly kind: 'delete' | 'repeat'; readonly line: number }
  | { readonly kind: 'swap'; readonly line: number; readonly other: number }
  | { readonly kind: 'indent'; readonly line: number; readonly by: number }
  | { readonly kind: 'key' | 'value' | 'word'; readonly line: number; readonly text: string }
  | { readonly kind: 'cut'; readonly line: number };

const line = fc.nat(600);
const text = fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 12 }));
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('delete' as const, 'repeat' as const), line }),
  fc.record({ kind: fc.constant('swap' as const), line, other: line }),
  fc.record({ kind: fc.constant('indent' as const), line, by: fc.integer({ min: -4, max: 4 }) }),
  fc.record({
    kind: fc.constantFrom('key' as const, 'value' as const, 'word' as const),
    line,
    text,
  }),
  fc.record({ kind: fc.constant('cut' as const), line }),
);

function damaged(lines: readonly string[], acts: readonly Damage[]): string {
  const out = [...lines];
  for (const act of acts) {
    const at = act.line % out.length;
    const before = out[at] ?? '';
    switch (act.kind) {
      case 'delete':
        out.splice(at, 1, '');
        break;
      case 'repeat':
        out.splice(at, 0, before);
        break;
      case 'swap':
        out[at] = out[act.other % out.length] ?? '';
        break;
      case 'indent':
        out[at] = act.by > 0 ? ' '.repeat(act.by) + before : before.slice(-act.by);
        break;
      case 'key':
        out[at] = before.replace(/[\w"-]+:/, () => `${act.text}:`);
        break;
      case 'value':
        out[at] = before.replace(/: .*$/, () => `: ${act.text}`);
        break;
      case 'word':
        out[at] = before.replace(/[\w.%-]+(?=[^\w.%-]*$)/, () => act.text);
        break;
      case 'cut':
        out.length = Math.max(1, at);
        break;
    }
  }
  return out.join('\n');
}

describe('a damaged scenario', () => {
  it('is planned, or refused with places and what was expected there', { timeout: 60_000 }, () => {
    let refused = 0;
    const acts = fc.array(damage, { minLength: 1, maxLength: 3 });
    const property = fc.property(fc.nat(1), acts, (which, damages) => {
      const texts = FILES.map((lines, i) =>
        i === which ? damaged(lines, damages) : lines.join('\n'),
      );
      const [incident = '', world = ''] = texts.map((yaml) =>
        yaml
          .replace(/^extends: \.\.\/worlds\/internet-small\.yaml$/m, 'extends: world.yaml')
          .replace(/^names: \.\.\/catalogue\/names\.txt$/m, 'names: names.txt'),
      );
      const files = { 'main.yaml': incident, 'world.yaml': world, 'names.txt': NAMES };
      withFiles(files, (folder) => {
        try {
          structuredClone(planOf(join(folder, 'main.yaml')));
        } catch (error) {
          if (!(error instanceof ScenarioErrors)) throw error;
          refused++;
          expect(error.errors.length).toBeGreaterThan(0);
          for (const { line: row, column, found, expected } of error.errors) {
            expect(Math.min(row, column)).toBeGreaterThan(0);
            expect(found).not.toBe('');
            expect(expected).not.toBe('');
          }
        }
      });
    });
    fc.assert(property, { numRuns: RUNS });
    expect(refused).toBeGreaterThan(RUNS / 4);
    expect(refused).toBeLessThan(RUNS);
  });
});
