/** What the events of a shard are, and what they carry; the kinds are part of its digest. */

import type { OwnerAnswer } from '../../resolver-core/events.ts';
import type { Message } from '../../resolver-core/message.ts';

export type Load = Message | OwnerAnswer;

export const RESPONSE = 1;
export const ASK_TIMEOUT = 2;
export const NEXT_TRY = 3;
export const DEADLINE = 4;
export const TIMELINE = 5;
export const ARRIVAL = 6;
export const TIMER = 7;
/** A query from another node reaches the owner; its answer is back; it is too late for that. */
export const FORWARD = 8;
export const FORWARD_ANSWER = 9;
export const FORWARD_TIMEOUT = 10;
/** A version of the root zone has been fetched for the nodes. */
export const ROOT_FETCHED = 11;
