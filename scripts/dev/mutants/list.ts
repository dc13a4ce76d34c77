/** Deliberate breakages of the resolver, each with the test that must fail (`mutants.ts` runs them). */

export interface Mutant {
  /** What is broken. */
  readonly name: string;
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly find: string;
  readonly put: string;
  /** The title is the full one, with those of the groups around it. */
  readonly test: { readonly file: string; readonly title: string };
}

/** The source with the edit made; null when it does not fit: `find` is not there exactly once. */
export function edited(source: string, find: string, put: string): string | null {
  const [before, after, ...more] = source.split(find);
  return before === undefined || after === undefined || more.length > 0
    ? null
    : before + put + after;
}

const STALE = 'resolver-core/policy/stale.test.ts';
const MITIGATIONS = 'sim/mitigations.test.ts';
const RESOLVER = 'resolver-core/resolver.test.ts';
const FAST = 'resolver-core/fast-path.property.test.ts';
const SAME_OCTETS = 'gives the octets that handle and writeMessage give, or is slow';
const SHARED = 'sim/live/shared-answers.test.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'tags are not handed on with forwarded queries',
    file: 'resolver-core/forwards.ts',
    find: 'const tags = propagateTags ? query.tags : NO_TAGS;',
    put: 'const tags = propagateTags ? NO_TAGS : NO_TAGS;',
    test: {
      file: 'resolver-core/policing.test.ts',
      title:
        'phases run once, at the node that the client reached and its tags go with what it hands on, unless they are to be dropped (true)',
    },
  },
  {
    name: 'maximum stale timer ignored before a failure',
    file: 'resolver-core/policy/stale.ts',
    find: 'return expired !== null && clock < limitOf(expired, serveStale);',
    put: 'return expired !== null;',
    test: {
      file: STALE,
      title:
        'RFC 8767 section 5: the maximum stale timer ends what is given at once, before anybody was asked',
    },
  },
  {
    name: 'maximum stale timer ignored after a failure',
    file: 'resolver-core/policy/stale.ts',
    find: 'if (expired === null || clock >= limitOf(expired, serveStale)) return failure;',
    put: 'if (expired === null) return failure;',
    test: {
      file: STALE,
      title:
        'RFC 8767 section 5: the maximum stale timer ends the use of an answer, to the microsecond',
    },
  },
  {
    name: 'client response timer ignored',
    file: 'resolver-core/resolver.ts',
    find: 'const clientTimeout = hasStale ? (this.#node.config.serveStale?.clientTimeout ?? null) : null;',
    put: 'const clientTimeout = hasStale ? (null as Micros | null) : null;',
    test: {
      file: STALE,
      title:
        'RFC 8767 section 5: the client response timer gives the client something stale after 1.8 s, and not before',
    },
  },
  {
    name: 'failure recheck timer ignored',
    file: 'resolver-core/policy/stale.ts',
    find: 'clock + serveStale.recheck * SECOND',
    put: 'clock',
    test: {
      file: STALE,
      title:
        'RFC 8767 section 5: the failure recheck timer answers stale at once, asking nobody, for 30 s after a failure',
    },
  },
  {
    name: 'nothing is flushed when an anchor comes',
    file: 'resolver-core/policy/policy.ts',
    find: 'return { zones: [change.anchor.zone], flush: true };',
    put: 'return { zones: [change.anchor.zone], flush: false };',
    test: {
      file: MITIGATIONS,
      title:
        'RFC 7646: a negative trust anchor flushes what is cached at and below its name, when it comes and when it goes (section 2.2)',
    },
  },
  {
    name: 'nothing is flushed when an anchor goes',
    file: 'resolver-core/policy/policy.ts',
    find: '? { zones: [change.zone], flush: true } : NOTHING',
    put: '? { zones: [change.zone], flush: false } : NOTHING',
    test: {
      file: MITIGATIONS,
      title:
        'RFC 7646: a negative trust anchor flushes what is cached at and below its name, when it comes and when it goes (section 2.2)',
    },
  },
  {
    name: 'a negative trust anchor lives for ever',
    file: 'resolver-core/policy/nta.ts',
    find: 'const endsAt = clock + lifetime * SECOND;',
    put: 'const endsAt = NEVER;',
    test: {
      file: MITIGATIONS,
      title: 'RFC 7646: a negative trust anchor ends with its life (section 2)',
    },
  },
  {
    name: 'no failure is cached',
    file: 'resolver-core/resolution.ts',
    find: 'return failureOf(question, checkingDisabled, errors, bogus, node.clock, ttl);',
    put: 'return failureOf(question, checkingDisabled, errors, bogus, node.clock, ttl * 0);',
    test: {
      file: RESOLVER,
      title:
        'failure caching (RFC 9520 section 3.2) answers from the failure for 5 s with the same cause, then tries again',
    },
  },
  {
    name: 'the lifetime of failures does not double',
    file: 'resolver-core/resolution.ts',
    find: 'before.failure.ttl * 2',
    put: 'before.failure.ttl * 1',
    test: {
      file: RESOLVER,
      title: 'failure caching (RFC 9520 section 3.2) doubles up to 60 s',
    },
  },
  {
    name: 'AD in fast answers for clients that do not understand it',
    file: 'resolver-core/fast-path.ts',
    find: 'authenticated && (query.dnssecOk || query.authenticData)',
    put: 'authenticated',
    test: { file: FAST, title: SAME_OCTETS },
  },
  {
    name: 'fast answers whose TTLs do not count down',
    file: 'resolver-core/fast-path.ts',
    find: 'if (age > 0) lowerTtls(out, form.ttls, age);',
    put: 'if (age < 0) lowerTtls(out, form.ttls, age);',
    test: { file: FAST, title: SAME_OCTETS },
  },
  {
    name: 'fast answers that are larger than the client takes',
    file: 'resolver-core/fast-path.ts',
    find: 'if (length > roomOf(query, config.udpSize) || form',
    put: 'if (form',
    test: {
      file: 'resolver-core/fast-path.test.ts',
      title: 'is slow an answer that is larger than the client takes',
    },
  },
  {
    name: 'copies of shared answers that outlive them',
    file: 'resolver-core/cache/front-table.ts',
    find: 'return cell === OWN || this.#store.isCurrent(cell, this.#versions[slot] as number);',
    put: 'return cell === OWN || cell >= 0;',
    test: {
      file: SHARED,
      title:
        'memory that threads share two nodes with one table see at once what takes the place of what they had',
    },
  },
  {
    name: 'shared answers written without a lock',
    file: 'sim/live/shared-answers.ts',
    find: 'if (Atomics.compareExchange(words, base + LOCK, 0, this.#owner) === 0) return true;',
    put: 'if (words !== null) return true;',
    test: {
      file: SHARED,
      title:
        'several threads at once read nothing torn, nothing for another question, and stay within the bound',
    },
  },
];
