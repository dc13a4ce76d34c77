#!/usr/bin/env node
/**
 * The executable: runs dist when it was built from the sources as they are, else the sources through
 * tsx. Worker threads find their own way to the sources (sim/pool/spawn.ts). Works from any working
 * directory.
 */

import { fileURLToPath } from 'node:url';
import { isBuilt } from './built.mjs';

const root = new URL('../', import.meta.url);

if (isBuilt(fileURLToPath(root))) {
  await import(new URL('dist/scripts/cli/main.js', root).href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import(new URL('scripts/cli/main.ts', root).href);
}
