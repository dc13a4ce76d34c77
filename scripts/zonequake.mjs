#!/usr/bin/env node
/**
 * The executable: runs dist when it was built from the sources as they are, else the sources through
 * tsx. Worker threads find their own way to the sources (sim/pool/spawn.ts). Works from any working
 * directory.
 */

import { fileURLToPath } from 'node:url';
import { isBuilt } from './built.mjs';

if (isBuilt(fileURLToPath(new URL('../', import.meta.url)))) {
  const built = new URL('../dist/scripts/cli/main.js', import.meta.url);
  await import(built.href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  const source = new URL('./cli/main.ts', import.meta.url);
  await import(source.href);
}
