/**
 * Copies what `tsc` leaves behind into dist: scenarios, lists of names and other data that the
 * program reads beside its modules. Test data and golden files stay where they are.
 */

import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = new URL('../../', import.meta.url).pathname;
const ROOMS = ['resolver-core', 'sim', 'scenarios', 'reports'];
const ASSET = /\.(?:ya?ml|txt|json|csv|css|js)$/;
const LEFT_OUT = new Set(['testing', 'golden']);

let copied = 0;

/** @param {string} folder from the root */
function copyBelow(folder) {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!LEFT_OUT.has(entry.name)) copyBelow(path);
    } else if (ASSET.test(entry.name)) {
      cpSync(join(ROOT, path), join(ROOT, 'dist', path));
      copied++;
    }
  }
}

if (!existsSync(join(ROOT, 'dist'))) throw new Error('there is no dist: run tsc first');
for (const room of ROOMS) copyBelow(room);
console.log(`copied ${copied} files to dist`);
