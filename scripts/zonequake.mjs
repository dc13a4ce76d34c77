#!/usr/bin/env node
/**
 * The executable: runs dist when it was built, else the sources through tsx. Worker threads find
 * their own way to the sources (sim/pool/spawn.ts). Works from any working directory.
 */

import { existsSync } from 'node:fs';

const built = new URL('../dist/scripts/cli/main.js', import.meta.url);
const source = new URL('./cli/main.ts', import.meta.url);

if (existsSync(built)) {
  await import(built.href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
}
