/**
 * The first step of a resolution at a node with a copy of the root zone: where a root server would be
 * asked, the copy is (`apps/`), at no cost and with no delay.
 */

import { isUsable, type ZoneCut } from '../cache/zone-cuts.ts';
import type { Failure } from '../fetch.ts';
import type { Question } from '../message.ts';
import type { NodeState } from '../node.ts';
import { EDE } from '../wire/iana.ts';
import { nameServersOf } from './delegation.ts';
import type { Response } from './iterate.ts';

const FOREVER = Number.POSITIVE_INFINITY;

/**
 * What the copy makes of a question whose closest known zone is `zone`: the answer, the delegated zone to go
 * on with, or a failure when it is too old to be used. null when it has nothing to say: none may be used, or the way
 * begins below what the root delegates, or with servers that the operator has named.
 */
export function fromCopy(
  node: NodeState,
  question: Question,
  zone: ZoneCut,
): Response | ZoneCut | Failure | null {
  const { local, clock } = node;
  if (local === null || zone.fixed.length > 0) return null;
  if (zone.parent !== null && !zone.parent.name.isRoot) return null;
  if (!local.isUsable(clock)) return tooOld(node, question);
  const { copy } = local;
  const cut = copy.cutFor(question);
  if (cut === null) {
    const { kind, message } = copy.answer(question);
    tell(node, question, kind);
    return { kind, message, asked: question, zone: local.root, isKept: true };
  }
  const delegated = local.cut(cut, clock);
  tell(node, question, `referral to ${cut}`);
  if (!isUsable(delegated, clock)) {
    const referral = copy.referral(cut);
    if (referral === null) return null;
    const { ns, message } = referral;
    const nameServers = nameServersOf(node, local.root.name, ns, message);
    // They are as good as the copy, however long that is used.
    for (const server of nameServers) {
      if (server.addresses.length > 0) server.addressesExpireAt = FOREVER;
    }
    delegated.delegation = { rank: 'referral', nameServers, expiresAt: FOREVER };
    delegated.fromParent = nameServers;
  }
  return delegated;
}

function tooOld(node: NodeState, question: Question): Failure {
  tell(node, question, 'too old to be used');
  const text = 'the local copy of the root zone is too old';
  const errors = [{ code: EDE.INVALID_DATA, text }];
  return { failed: true, errors, lasting: true, answered: false };
}

function tell(node: NodeState, { name }: Question, what: string): void {
  if (node.observe === null || node.local === null) return;
  const text = `serial ${node.local.copy.soa.serial}: ${what}`;
  node.observe({ kind: 'cache', store: 'static-zone', found: true, name: name.toString(), text });
}
