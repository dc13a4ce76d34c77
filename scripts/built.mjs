/**
 * Whether dist can be run in place of the sources.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What dist is made from. A package holds none of these but the executable. */
const SOURCES = ['resolver-core', 'sim', 'scenarios', 'reports', 'scripts/cli'];

/** True when `root` has a build, and no source that is younger than it. */
export function isBuilt(root) {
  const main = join(root, 'dist/scripts/cli/main.js');
  if (!existsSync(main)) return false;
  const builtAt = statSync(main).mtimeMs;
  return SOURCES.map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .every((folder) =>
      readdirSync(folder, { recursive: true }).every(
        (file) => statSync(join(folder, file)).mtimeMs <= builtAt,
      ),
    );
}
