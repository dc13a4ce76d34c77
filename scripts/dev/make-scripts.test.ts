import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { makeScripts, SCRIPTS_FOLDER } from './make-scripts.ts';

test('the committed signed scripts are what make-scripts makes, and there are no others', () => {
  const made = makeScripts();
  for (const [name, text] of made) {
    expect(readFileSync(new URL(name, SCRIPTS_FOLDER), 'utf8'), name).toBe(text);
  }
  const committed = readdirSync(SCRIPTS_FOLDER).filter((name) => name.startsWith('signed-'));
  expect(committed.sort()).toEqual([...made.keys()].sort());
});
