/**
 * Serve stale (RFC 8767): which expired answer may be given in place of none, and in which form.
 * When that happens is the facade's business (`resolver.ts`).
 *
 * The answer table keeps one entry per question. An expired answer stays in it until something takes
 * its place; a failure takes its place and carries it along (`FailureDetail.stale`), so that
 * what is asked again within the recheck time is a hit like any other.
 *
 * Limitations: stale data answers clients only; servers are found and chains are built with what is alive.
 */

import { type CachedAnswer, isFailure } from '../cache/cached-answer.ts';
import type { ServeStale } from '../config.ts';
import type { ExtendedError } from '../message.ts';
import type { RRset } from '../rrset.ts';
import { type Micros, SECOND } from '../time.ts';
import { EDE, RCODE } from '../wire/iana.ts';

const NO_ERRORS: readonly ExtendedError[] = [];
const STALE_ANSWER: readonly ExtendedError[] = [{ code: EDE.STALE_ANSWER, text: '' }];
const STALE_NXDOMAIN: readonly ExtendedError[] = [{ code: EDE.STALE_NXDOMAIN_ANSWER, text: '' }];

/** The settings that matter here. */
export interface StaleSettings {
  readonly serveStale: ServeStale | null;
  readonly serveOriginalTtl: boolean;
}

/** True when `held`, an expired answer or a failure, allows a stale answer at `clock`. */
export function allowsStale(
  held: CachedAnswer | undefined,
  { serveStale }: StaleSettings,
  clock: Micros,
): boolean {
  if (serveStale === null || held === undefined) return false;
  const expired = expiredOf(held);
  return expired !== null && clock < limitOf(expired, serveStale);
}

/** True when the client need not wait for what `held` allows, whether or not somebody can be asked. */
export function isAtOnce(held: CachedAnswer, { serveStale }: StaleSettings): boolean {
  if (serveStale === null) return false;
  return serveStale.clientTimeout === 0 || (serveStale.atOnceAfterFailure && isFailure(held));
}

/** The stale answer that `held`, an expired answer or a failure, allows at `clock`; null when there is none. */
export function staleAnswerOf(
  held: CachedAnswer,
  settings: StaleSettings,
  clock: Micros,
): CachedAnswer | null {
  const { serveStale } = settings;
  if (serveStale === null || !allowsStale(held, settings, clock)) return null;
  const expired = expiredOf(held) as CachedAnswer;
  return inStaleForm(expired, serveStale, settings.serveOriginalTtl, clock);
}

/**
 * What is to be remembered of a failure that follows on `held`: itself, or with the answer that
 * clients get in its place for the recheck time.
 */
export function failureAfter(
  held: CachedAnswer | undefined,
  failure: CachedAnswer,
  settings: StaleSettings,
  clock: Micros,
): CachedAnswer {
  const { serveStale } = settings;
  if (failure.failure === null || serveStale === null || held === undefined) return failure;
  if (failure.failure.bogus && !serveStale.onBogus) return failure;
  let expired = expiredOf(held);
  if (expired !== null && serveStale.resetOnFailure) expired = { ...expired, expiresAt: clock };
  if (expired === null || clock >= limitOf(expired, serveStale)) return failure;
  const stale = inStaleForm(expired, serveStale, settings.serveOriginalTtl, clock);
  const recheckAt = Math.min(clock + serveStale.recheck * SECOND, limitOf(expired, serveStale));
  // A failure of circumstances says nothing about the name, which may be asked again at once.
  const expiresAt = failure.expiresAt <= clock ? failure.expiresAt : recheckAt;
  return { ...failure, expiresAt, failure: { ...failure.failure, stale } };
}

/** RFC 8767 section 4: data with a TTL of 0 is never used beyond the transaction it came with. */
function expiredOf(held: CachedAnswer): CachedAnswer | null {
  if (isFailure(held)) return held.failure.stale;
  return held.expiresAt > held.storedAt ? held : null;
}

function limitOf({ expiresAt }: CachedAnswer, { maxStale }: ServeStale): Micros {
  return expiresAt + maxStale * SECOND;
}

/** As it is given at `clock`. AD stays as it was found when the answer was fresh (Unbound). */
function inStaleForm(
  expired: CachedAnswer,
  { answerTtl, errors }: ServeStale,
  originalTtl: boolean,
  clock: Micros,
): CachedAnswer {
  const withTtl = (rrsets: readonly RRset[]): readonly RRset[] =>
    originalTtl ? rrsets : rrsets.map((rrset) => rrset.withTtl(Math.min(rrset.ttl, answerTtl)));
  return {
    ...expired,
    answer: withTtl(expired.answer),
    authority: withTtl(expired.authority),
    additional: withTtl(expired.additional),
    errors: errorsOf(expired, errors),
    storedAt: clock,
  };
}

/** In place of what came with the answer: of a stale one only this is said. */
function errorsOf({ rcode }: CachedAnswer, kind: ServeStale['errors']): readonly ExtendedError[] {
  if (kind === 'none') return NO_ERRORS;
  return kind === 'by-rcode' && rcode === RCODE.NXDOMAIN ? STALE_NXDOMAIN : STALE_ANSWER;
}
