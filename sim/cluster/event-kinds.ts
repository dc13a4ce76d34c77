/** What the events of a shard are; part of its digest. */

export const RESPONSE = 1;
export const ASK_TIMEOUT = 2;
export const NEXT_TRY = 3;
export const DEADLINE = 4;
export const TIMELINE = 5;
export const ARRIVAL = 6;
export const TIMER = 7;
