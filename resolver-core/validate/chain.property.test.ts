import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  damaged,
  type Edit,
  SignedWorld,
  unsigned,
  without,
  type ZoneSpec,
} from '../../sim/testing/signed-world.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

/** Three zones in a row and one beside them, each with a name of its own. */
const APEXES = ['test', 'a.test', 'b.a.test', 'c.a.test'] as const;

interface Shape {
  readonly signed: boolean;
  readonly denial: NonNullable<ZoneSpec['denial']>;
  /** 0: a server of its own; else that of the zone so many levels up (the root at the most). */
  readonly sharedWith: number;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  signed: fc.boolean(),
  denial: fc.constantFrom('nsec', 'nsec3', 'opt-out'),
  sharedWith: fc.integer({ min: 0, max: 3 }),
});
const shapes = fc.tuple(shape, shape, shape, shape);

const QUESTIONS = APEXES.flatMap((apex) => [
  { apex, label: 'www.', type: TYPE.A },
  { apex, label: 'www.', type: TYPE.AAAA },
  { apex, label: 'nope.', type: TYPE.A },
  { apex, label: 'x.wild.', type: TYPE.A },
  { apex, label: '', type: TYPE.DNSKEY },
  { apex, label: '', type: TYPE.DS },
]);
type Asked = (typeof QUESTIONS)[number];

function parentOf(apex: string): string {
  const dot = apex.indexOf('.');
  return dot < 0 ? '.' : apex.slice(dot + 1);
}

function worldOf(all: readonly Shape[]): SignedWorld {
  const specs = all.map(({ signed, denial, sharedWith }, i): [string, ZoneSpec] => {
    const apex = APEXES[i] as string;
    let servedBy = apex;
    for (let up = 0; up < sharedWith && servedBy !== '.'; up++) servedBy = parentOf(servedBy);
    const records = 'www A 203.0.113.1\n*.wild A 203.0.113.2';
    const shared = servedBy === apex ? {} : { servedBy };
    return [apex, { records, signed, denial, ...shared }];
  });
  return new SignedWorld(Object.fromEntries(specs));
}

/** What a resolver that knows the whole tree would say. */
function expected(all: readonly Shape[], { apex, label, type }: Asked) {
  const at = (zone: string): Shape | undefined => all[(APEXES as readonly string[]).indexOf(zone)];
  const isSecure = (zone: string): boolean =>
    zone === '.' || (at(zone)?.signed === true && isSecure(parentOf(zone)));
  const speaker = type === TYPE.DS ? parentOf(apex) : apex;
  const isDenial =
    label === 'nope.' || label === 'x.wild.' || (type === TYPE.DS && !at(apex)?.signed);
  const optOut = isDenial && at(speaker)?.denial === 'opt-out';
  return {
    rcode: label === 'nope.' ? RCODE.NXDOMAIN : RCODE.NOERROR,
    authenticated: isSecure(speaker) && !optOut,
    codes: [],
  };
}

describe('any tree of zones, on whatever servers, asked in any order', () => {
  it('AD where every zone from the root down is signed, no AD elsewhere, and nothing fails', () => {
    const orders = fc.shuffledSubarray(QUESTIONS, { minLength: 4, maxLength: 12 });
    fc.assert(
      fc.property(shapes, orders, (all, order) => {
        const world = worldOf(all);
        for (const asked of order) {
          const name = `${asked.label}${asked.apex}`;
          expect(world.ask(name, asked.type), name).toMatchObject(expected(all, asked));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('whoever strips, damages or leaves out records can make it fail, but never take AD away', () => {
    const types = fc.subarray([TYPE.A, TYPE.DS, TYPE.DNSKEY, TYPE.NSEC, TYPE.NSEC3, TYPE.SOA]);
    const edit = fc
      .tuple(fc.constantFrom(damaged, unsigned, without), types)
      .map(([how, which]): Edit => (which.length === 0 ? unsigned() : how(...which)));
    const edits = fc.array(fc.tuple(fc.constantFrom('.', ...APEXES), edit), {
      minLength: 1,
      maxLength: 3,
    });
    const orders = fc.shuffledSubarray(QUESTIONS, { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(shapes, edits, orders, (all, chosen, order) => {
        const world = worldOf(all);
        for (const [zone, each] of chosen) world.edit(zone, each);
        for (const asked of order) {
          const name = `${asked.label}${asked.apex}`;
          const honest = expected(all, asked);
          const outcome = world.ask(name, asked.type);
          if (outcome.rcode === RCODE.SERVFAIL) expect(outcome.codes, name).not.toEqual([]);
          else if (honest.authenticated) expect(outcome, name).toMatchObject(honest);
          else expect(outcome.authenticated, name).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });
});
