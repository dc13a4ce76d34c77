/**
 * The sentinel for trust anchors of the root (RFC 8509): by asking for addresses of a name that says
 * "key 20326 is a trust anchor", or "is none", a client learns whether its resolver trusts that key.
 * Where a secure answer to such a name would confirm what is not so, the resolver says SERVFAIL.
 *
 * The statement is judged for each client, not kept with the answer: anchors change (RFC 5011).
 */

import { type CachedAnswer, failureOf } from '../cache/cached-answer.ts';
import type { Question } from '../message.ts';
import { Name } from '../name/name.ts';
import type { NodeState } from '../node.ts';
import { EDE, TYPE } from '../wire/iana.ts';

const STATEMENT = /^root-key-sentinel-(is|not)-ta-(\d{5})\./i;
/** Octets of the label, which rule nearly every other name out. */
const SHORTER = 'root-key-sentinel-is-ta-00000'.length;
const LONGER = 'root-key-sentinel-not-ta-00000'.length;

/** True for a question that is a statement about a key: RFC 8509 section 3.1, by its name and type. */
export function isSentinel({ name, type }: Question): boolean {
  const octets = name.key.charCodeAt(0);
  if (octets !== SHORTER && octets !== LONGER) return false;
  return (type === TYPE.A || type === TYPE.AAAA) && STATEMENT.test(name.toString());
}

/** SERVFAIL in place of a secure answer to a statement that is not true; else the answer as it is. */
export function judgeSentinel(node: NodeState, answer: CachedAnswer): CachedAnswer {
  const { question, checkingDisabled } = answer;
  if (!answer.secure || checkingDisabled || !isSentinel(question)) return answer;
  const [, claim, digits] = STATEMENT.exec(question.name.toString()) as RegExpExecArray;
  const isAnchor = node.anchors.keyTags(Name.root).includes(Number(digits));
  if ((claim?.toLowerCase() === 'is') === isAnchor) return answer;
  const text = `key ${Number(digits)} is ${isAnchor ? 'a' : 'no'} trust anchor of the root`;
  const errors = [{ code: EDE.DNSSEC_BOGUS, text }];
  return failureOf(question, checkingDisabled, errors, false, node.clock, 0);
}
