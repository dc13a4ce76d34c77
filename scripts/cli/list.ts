/** `zonequake list`: the incident library. */

import { listLibrary } from './library.ts';

export function listCommand(options: { readonly json: boolean }): string {
  const entries = listLibrary();
  if (options.json) return `${JSON.stringify(entries, null, 2)}\n`;
  return entries
    .map(({ name, title, variants }) => `${name}\n  ${title}\n  variants: ${variants.join(', ')}\n`)
    .join('\n');
}
