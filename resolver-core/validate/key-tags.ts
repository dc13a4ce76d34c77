/**
 * Telling a zone's servers which of its keys one trusts (RFC 8145 section 5): a query for a name that
 * lists the key tags, whose answer nobody needs. It goes out when the zone's keys have been fetched, so
 * as often as they expire (section 5.1).
 *
 * Limitations: by name only; the EDNS option of section 4 is not sent.
 */

import type { Question } from '../message.ts';
import type { Name } from '../name/name.ts';
import { TYPE } from '../wire/iana.ts';

/** The query for the trust anchors of `zone` with these key tags, of which there is one at least. */
export function keyTagQuestion(zone: Name, keyTags: readonly number[]): Question {
  const distinct = [...new Set(keyTags)].sort((a, b) => a - b);
  const texts = distinct.slice(0, MOST_TAGS).map((tag) => tag.toString(16).padStart(4, '0'));
  return { name: zone.child(`_ta-${texts.join('-')}`), type: TYPE.NULL };
}

/** As many as a label of 63 octets has room for. */
const MOST_TAGS = 12;
