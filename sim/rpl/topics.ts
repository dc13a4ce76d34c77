/** Under which heading a script is counted: what it is about, by its options and steps. */

import type { Script } from './script.ts';

export type Topic =
  | 'serve-expired'
  | 'trust-anchor maintenance'
  | 'forwarding'
  | 'aggressive NSEC'
  | 'prefetch'
  | 'TTL limits'
  | 'validation'
  | 'iteration';

/** The first that fits. */
export function topicOf(script: Script): Topic {
  const keys = new Set<string>();
  for (const { name, options } of script.clauses) {
    if (name === 'forward-zone') keys.add(name);
    for (const { key, values } of options) if (values[0] !== 'no') keys.add(key);
  }
  if (keys.has('serve-expired')) return 'serve-expired';
  if (script.files.some((file) => file.kind === 'autotrust')) return 'trust-anchor maintenance';
  if (keys.has('forward-zone')) return 'forwarding';
  if (keys.has('aggressive-nsec')) return 'aggressive NSEC';
  if (keys.has('prefetch') || keys.has('prefetch-key')) return 'prefetch';
  for (const key of keys) if (/^cache-(min|max)-/.test(key)) return 'TTL limits';
  return keys.has('trust-anchor') ? 'validation' : 'iteration';
}
