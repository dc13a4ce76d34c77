/** The version of the package. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** From the package that this file belongs to, built or not. */
export function version(): string {
  const file = fileURLToPath(import.meta.resolve('zonequake/package.json'));
  return String((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version);
}
