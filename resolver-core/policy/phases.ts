/**
 * The phases in which override rules are run, and the tags that they set: what travels with a query from
 * the node that it reached to the node that answers it (no RFC; the form is that of 1.1.1.1, INCIDENT OF
 * 4 October 2023).
 *
 *   pre-cache    before anything is looked up            \  once per query, at the node
 *   post-cache   when nothing fresh was at hand          /  that the client reached
 *   validation   where answers are fetched and cached ones are given, on every node
 *
 * Tags are a small set of bits. Names and bits belong together for all nodes that exchange queries, so
 * those share one `TagNames`.
 */

import { MAX_TAGS } from '../limits.ts';

export const PHASES = ['pre-cache', 'post-cache', 'validation'] as const;
export type Phase = (typeof PHASES)[number];

/** The tags of a query: one bit each. */
export type Tags = number;

export const NO_TAGS: Tags = 0;

/** Of queries that cached answers are not given to. */
export const BYPASS_CACHE: Tags = 1;
/** Of queries that the local copy of a zone does not answer. */
export const DISABLE_STATIC: Tags = 2;

/** Names of the tags that the node itself looks for, in the order of their bits. */
const RESERVED = ['bypass_cache', 'rec_disable_static'] as const;

/** Apps that rules can switch off, each with the tag that it looks for. */
export type App = 'static-zone';
export const APP_TAGS: Readonly<Record<App, Tags>> = { 'static-zone': DISABLE_STATIC };

/** Names of tags and their bits. */
export class TagNames {
  readonly #names: string[] = [...RESERVED];

  /** The bit of a tag, given out when the name is new. Throws a RangeError when none is left. */
  bit(name: string): Tags {
    let index = this.#names.indexOf(name);
    if (index < 0) {
      if (this.#names.length === MAX_TAGS) {
        throw new RangeError(`more than ${MAX_TAGS} tags: ${name}`);
      }
      index = this.#names.push(name) - 1;
    }
    return 1 << index;
  }

  /** The names of a set, in the order in which they were first used. */
  namesOf(tags: Tags): readonly string[] {
    return this.#names.filter((_, index) => (tags & (1 << index)) !== 0);
  }
}
