import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SIZING_FILE, withSizing } from './sizing.ts';

it('the tables of docs/sizing.md are what the closed form gives (npm run sizing)', () => {
  const page = readFileSync(SIZING_FILE, 'utf8');
  expect(page.match(/<!-- sizing: /g)?.length).toBe(2);
  expect(page).toBe(withSizing(page));
});
