import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Name } from '../name/name.ts';
import type { RRset } from '../rrset.ts';
import { TYPE } from '../wire/iana.ts';
import { proveNameError, proveNoData, proveNoDs, proveWildcardAnswer } from './denial.ts';
import type { InsecureProof, Proven, Unproven } from './proof.ts';
import { ModelZone } from './testing/records.ts';

const APEX = Name.parse('zone.test');
const QTYPES: readonly number[] = [TYPE.A, TYPE.TXT, TYPE.DS, TYPE.CNAME];

const BITMAPS: readonly (readonly number[])[] = [
  [TYPE.A],
  [TYPE.A, TYPE.TXT],
  [TYPE.CNAME],
  [TYPE.NS],
  [TYPE.NS, TYPE.DS],
  [TYPE.DNAME],
];

const labels = (most: number): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom('a', 'b', 'c', '*'), { minLength: 1, maxLength: most });
const below = (path: readonly string[]): Name =>
  path.reduce((parent, label) => parent.child(label), APEX);

/** Zones of up to eight names; what NS and DNAME at a wildcard mean is undefined (RFC 4592), so not there. */
const zones: fc.Arbitrary<ModelZone> = fc
  .array(fc.tuple(labels(3), fc.constantFrom(...BITMAPS)), { maxLength: 8 })
  .map(
    (nodes) =>
      new ModelZone(
        APEX,
        nodes.map(([path, bitmap]) => {
          const owner = below(path);
          return [owner, owner.isWildcard ? [TYPE.A] : bitmap] as const;
        }),
      ),
  );
const qnames = fc.array(fc.oneof(labels(4), fc.constant<string[]>([])).map(below), {
  minLength: 1,
  maxLength: 12,
});
const salts = fc.uint8Array({ maxLength: 4 });
const picks = fc.array(fc.boolean(), { minLength: 32, maxLength: 32 });

/** What the zone's owner knows. */
const truth = {
  nameError(zone: ModelZone, qname: Name): boolean {
    if (zone.isOccluded(qname) || zone.typesAt(qname) !== undefined) return false;
    return zone.typesAt(zone.closestEncloser(qname).child('*')) === undefined;
  },
  noData(zone: ModelZone, qname: Name, qtype: number, optOut: boolean): boolean {
    if (zone.isOccluded(qname)) return false;
    const own = zone.typesAt(qname);
    const found = own ?? zone.typesAt(zone.closestEncloser(qname).child('*'));
    if (found === undefined) return optOut; // perhaps an unsigned delegation
    if (found.has(qtype) || found.has(TYPE.CNAME)) return false;
    if (qtype === TYPE.DS) return !found.has(TYPE.SOA);
    return !found.has(TYPE.NS) || found.has(TYPE.SOA);
  },
  noDs(zone: ModelZone, child: Name): boolean {
    if (zone.isOccluded(child) || child.equals(APEX)) return false;
    return zone.typesAt(child)?.has(TYPE.DS) !== true;
  },
};

/**
 * A name that is not in an opt-out chain may be an unsigned delegation, whatever wildcard stands
 * above it: the one thing that may be concluded without proof is an insecure NODATA (erratum 3441).
 */
function isOptOutGuess(zone: ModelZone, qname: Name, answer: Answer): boolean {
  return answer.kind === 'proven' && answer.optOut && zone.typesAt(qname) === undefined;
}

interface Mechanism {
  readonly title: string;
  readonly optOut: boolean;
  chain(zone: ModelZone, salt: Uint8Array): RRset[];
}

const MECHANISMS: readonly Mechanism[] = [
  { title: 'NSEC', optOut: false, chain: (zone) => zone.nsecChain() },
  {
    title: 'NSEC3',
    optOut: false,
    chain: (zone, salt) => zone.nsec3Chain({ flags: 0, iterations: 1, salt }),
  },
  {
    title: 'NSEC3 with opt-out',
    optOut: true,
    chain: (zone, salt) => zone.nsec3Chain({ flags: 1, iterations: 0, salt }),
  },
];

type Answer = Proven | InsecureProof | Unproven;

/** Every question about `qname`, with what is true. */
function* questions(
  zone: ModelZone,
  qname: Name,
  optOut: boolean,
): Generator<{ text: string; expected: boolean; ask: (proofs: readonly RRset[]) => Answer }> {
  yield {
    text: `name error ${qname}`,
    expected: truth.nameError(zone, qname),
    ask: (proofs) => proveNameError(qname, APEX, proofs),
  };
  for (const qtype of QTYPES) {
    yield {
      text: `no data ${qname} ${qtype}`,
      expected: truth.noData(zone, qname, qtype, optOut),
      ask: (proofs) => proveNoData(qname, qtype, APEX, proofs),
    };
  }
  yield {
    text: `no DS ${qname}`,
    expected: truth.noDs(zone, qname),
    ask: (proofs) => proveNoDs(qname, APEX, proofs),
  };
  // The wildcard at the closest encloser is known to exist when this is asked.
  const encloser = zone.closestEncloser(qname);
  if (zone.typesAt(encloser.child('*')) !== undefined && encloser.labelCount < qname.labelCount) {
    yield {
      text: `wildcard answer ${qname} from *.${encloser}`,
      expected: true,
      ask: (proofs) => proveWildcardAnswer(qname, encloser, APEX, proofs),
    };
  }
}

describe.each(MECHANISMS)('$title', ({ optOut, chain }) => {
  const seen = (zone: ModelZone): ModelZone => (optOut ? zone.withoutUnsignedDelegations() : zone);

  test('the whole chain proves what is true, and nothing else', () => {
    fc.assert(
      fc.property(zones, qnames, salts, (whole, names, salt) => {
        const zone = seen(whole);
        const proofs = chain(zone, salt);
        for (const qname of names) {
          for (const { text, expected, ask } of questions(zone, qname, optOut)) {
            expect(ask(proofs).kind === 'proven', text).toBe(expected);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('no selection of the records proves what is false', () => {
    fc.assert(
      fc.property(zones, qnames, salts, picks, (whole, names, salt, pick) => {
        const zone = seen(whole);
        const proofs = chain(zone, salt).filter((_, i) => pick[i] === true);
        for (const qname of names) {
          for (const { text, expected, ask } of questions(zone, qname, optOut)) {
            const answer = ask(proofs);
            if (expected || isOptOutGuess(zone, qname, answer)) continue;
            expect(answer.kind, text).toBe('unproven');
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  test('the records named in a proof prove it, and without any one of them it fails', () => {
    fc.assert(
      fc.property(zones, qnames, salts, (whole, names, salt) => {
        const zone = seen(whole);
        const proofs = chain(zone, salt);
        for (const qname of names) {
          for (const { text, expected, ask } of questions(zone, qname, optOut)) {
            if (!expected) continue;
            const answer = ask(proofs);
            if (answer.kind !== 'proven') throw new Error(`not proven: ${text}`);
            expect(ask(answer.records), text).toEqual(answer);
            for (const left of answer.records) {
              const rest = ask(answer.records.filter((record) => record !== left));
              if (!isOptOutGuess(zone, qname, rest)) expect(rest.kind, text).toBe('unproven');
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test('an unsigned delegation is told from a name without a cut', () => {
    fc.assert(
      fc.property(zones, qnames, salts, (whole, names, salt) => {
        const zone = seen(whole);
        const proofs = chain(zone, salt);
        for (const child of [...names, ...whole.owners()]) {
          const answer = proveNoDs(child, APEX, proofs);
          if (answer.kind !== 'proven') continue;
          const found = zone.typesAt(child);
          const absent = optOut ? 'opt-out' : 'no';
          const expected = found === undefined ? absent : found.has(TYPE.NS) ? 'yes' : 'no';
          expect(answer.delegation, `${child}`).toBe(expected);
          expect(answer.optOut).toBe(answer.delegation === 'opt-out');
          if (whole.typesAt(child)?.has(TYPE.NS) === true) expect(answer.delegation).not.toBe('no');
        }
      }),
      { numRuns: 100 },
    );
  });
});
