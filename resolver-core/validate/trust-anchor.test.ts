import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { type DnsKey, dnsKeysOf } from '../rdata.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { ALGORITHM, TYPE } from '../wire/iana.ts';
import {
  DEFAULT_MAINTENANCE,
  type KeyState,
  newTrustPoint,
  retryAt,
  sight,
  type TrackedKey,
  type TrustPoint,
  trustedKeys,
} from './trust-anchor.ts';

const ZONE = Name.parse('example.');
const DAY = 86_400;
const T0 = 1_700_000_000;
const SETTINGS = DEFAULT_MAINTENANCE;

/** RDATA of the key number `id`: a secure entry point unless told otherwise. */
function key(id: number, flags = 257, algorithm: number = ALGORITHM.ECDSAP256SHA256): Uint8Array {
  return Uint8Array.of(flags >> 8, flags & 255, 3, algorithm, id, id, id, id);
}
const revoked = (id: number): Uint8Array => key(id, 385);
/** Stands for a DS: it vouches for the key with the same number. */
const ds = (id: number): Uint8Array => Uint8Array.of(id);
const same = (a: Uint8Array, b: Uint8Array): boolean => a.join() === b.join();

interface Seen {
  readonly ttl?: number;
  readonly expiresIn?: number;
  readonly draw?: number;
}

/** The state after an RRset of `keys`, signed by `signers`, was seen at `at`. */
function see(
  point: TrustPoint,
  at: number,
  keys: readonly Uint8Array[],
  signers: readonly Uint8Array[],
  { ttl = 172_800, expiresIn = 20 * DAY, draw = 0 }: Seen = {},
): TrustPoint {
  const rrsig = new ReceivedRrsig(
    {
      typeCovered: TYPE.DNSKEY,
      algorithm: ALGORITHM.ECDSAP256SHA256,
      labels: 1,
      originalTtl: ttl,
      inception: at - DAY,
      expiration: at + expiresIn,
      keyTag: 1,
      signer: ZONE,
    },
    new Uint8Array(64),
  );
  const rrset = new RRset(ZONE, TYPE.DNSKEY, ttl, keys, [rrsig]);
  const sighting = {
    rrset,
    at,
    signatureTime: at,
    signedBy: (tried: readonly DnsKey[]) =>
      tried.some((each) => signers.some((signer) => same(signer, each.rdata))) ? rrsig : null,
    vouchedFor: (given: readonly Uint8Array[]) =>
      dnsKeysOf(rrset).filter((each) => given.some((one) => one[0] === each.publicKey[0])),
    supports: (algorithm: number) => algorithm === ALGORITHM.ECDSAP256SHA256,
    draw,
  };
  return sight(point, sighting, retryAt(point, at, draw, SETTINGS), SETTINGS);
}

function states({ keys }: TrustPoint): Record<number, KeyState> {
  return Object.fromEntries(keys.map(({ rdata, state }) => [rdata[4], state]));
}

function stateOf(point: TrustPoint, id: number): TrackedKey | undefined {
  return point.keys.find(({ rdata }) => rdata[4] === id);
}

function anchored(...keys: readonly Uint8Array[]): TrustPoint {
  return newTrustPoint(ZONE, null, new RRset(ZONE, TYPE.DNSKEY, 3_600, keys));
}

/** Key 1 valid since T0; key 2 pending since T0 where asked for. */
const primed = see(anchored(key(1)), T0, [key(1)], [key(1)]);
const pending = see(primed, T0, [key(1), key(2)], [key(1)]);

describe('a new key whose hold-down is over', () => {
  const at = T0 + 31 * DAY;
  const seenTwice = see(pending, T0 + DAY, [key(1), key(2)], [key(1)]);

  it('is not trusted when the first valid RRset after that lacks it (RFC 5011 section 2.4.1)', () => {
    expect(states(see(seenTwice, at, [key(1)], [key(1)]))).toEqual({ 1: 'valid' });
  });

  it('nor for an RRset that is not valid, with it or without', () => {
    for (const keys of [[key(1)], [key(1), key(2)]]) {
      const after = see(seenTwice, at, keys, []);
      expect(states(after)).toEqual({ 1: 'valid', 2: 'add-pending' });
    }
  });

  it('nor when it comes back revoked', () => {
    const after = see(seenTwice, at, [key(1), revoked(2)], [key(1), revoked(2)]);
    expect(states(after)).toEqual({ 1: 'valid' });
  });

  it('takes over in the very RRset that revokes the last trusted key', () => {
    const after = see(seenTwice, at, [revoked(1), key(2)], [revoked(1), key(2)]);
    expect(states(after)).toEqual({ 1: 'revoked', 2: 'valid' });
    expect(after.deleted).toBe(false);
  });
});

describe('a key whose algorithm is not supported', () => {
  const other = key(9, 257, ALGORITHM.DSA);

  it('makes no RRset valid, trusted or not (RFC 9905 section 3)', () => {
    const point = anchored(key(1), other);
    expect(see(point, T0, [key(1), other, key(2)], [other])).toEqual(point);
    expect(states(see(point, T0, [key(1), other, key(2)], [key(1)]))[2]).toBe('add-pending');
  });
});

describe('the first valid RRset', () => {
  it('makes the keys valid that an operator gave and that it has, and starts their record', () => {
    expect(states(primed)).toEqual({ 1: 'valid' });
    expect(primed).toMatchObject({ lastQueried: T0, lastSuccess: T0, failures: 0 });
    expect(stateOf(primed, 1)?.changedAt).toBe(T0);
  });

  it('makes the keys valid that a DS vouches for, at once, and no others; the DS are done with', () => {
    const given = newTrustPoint(ZONE, new RRset(ZONE, TYPE.DS, 3_600, [ds(1)]), null);
    const point = see(given, T0, [key(1), key(2)], [key(1)]);
    expect(states(point)).toEqual({ 2: 'add-pending', 1: 'valid' });
    expect(point.ds).toEqual([]);
  });

  it('is not one that only a key without DS has signed', () => {
    const given = newTrustPoint(ZONE, new RRset(ZONE, TYPE.DS, 3_600, [ds(1)]), null);
    expect(see(given, T0, [key(1), key(2)], [key(2)])).toEqual(given);
  });

  it('makes secure entry points valid when the operator gave a key without that bit', () => {
    const point = see(anchored(key(1, 256)), T0, [key(1, 256), key(2)], [key(1, 256)]);
    expect(states(point)).toEqual({ 2: 'valid' });
  });

  it('leaves a key without the bit in place where the zone has no other', () => {
    const point = see(anchored(key(1, 256)), T0, [key(1, 256)], [key(1, 256)]);
    expect(states(point)).toEqual({ 1: 'valid' });
  });

  it('leaves no trace when it was not valid, save for the next probe', () => {
    const given = anchored(key(1));
    expect(see(given, T0, [key(1)], [])).toEqual(given);
  });
});

describe('RFC 5011 section 2.3: when to ask', () => {
  const interval = (seen: Seen): number => see(primed, T0, [key(1)], [key(1)], seen).queryInterval;
  const retry = (seen: Seen): number => see(primed, T0, [key(1)], [key(1)], seen).retryInterval;

  it('half of the original TTL or of the time to the expiry, at most 15 days, at least an hour', () => {
    expect(interval({ ttl: 172_800 })).toBe(86_400);
    expect(interval({ ttl: 172_800, expiresIn: 7_200 * 2 })).toBe(7_200);
    expect(interval({ ttl: 100 * DAY, expiresIn: 100 * DAY })).toBe(15 * DAY);
    expect(interval({ ttl: 60 })).toBe(3_600);
  });

  it('after a failure a tenth of them, at most a day, at least an hour', () => {
    expect(retry({ ttl: 172_800 })).toBe(17_280);
    expect(retry({ ttl: 100 * DAY, expiresIn: 50_000 })).toBe(5_000);
    expect(retry({ ttl: 100 * DAY, expiresIn: 100 * DAY })).toBe(DAY);
    expect(retry({ ttl: 60 })).toBe(3_600);
  });

  it('a tenth of the interval is left to chance', () => {
    const next = (draw: number): number =>
      see(primed, T0, [key(1)], [key(1)], { draw }).nextProbe - T0;
    expect(next(0)).toBe(77_760);
    expect(next(8_639)).toBe(86_399);
    expect(next(8_640)).toBe(77_760);
  });

  it('a signature that does not verify is a failure, which is counted and tried again', () => {
    const failed = see(primed, T0 + DAY, [key(1)], []);
    expect(failed).toMatchObject({ failures: 1, lastQueried: T0 + DAY, lastSuccess: T0 });
    expect(failed.nextProbe - T0 - DAY).toBe(17_280 - 1_728);
    expect(failed.keys).toEqual(primed.keys);
    expect(see(failed, T0 + 2 * DAY, [key(1)], []).failures).toBe(2);
    expect(see(failed, T0 + 2 * DAY, [key(1)], [key(1)]).failures).toBe(0);
  });
});

describe('RFC 5011 section 4: from Start', () => {
  it('NewKey: a new secure entry point is pending, and no trust anchor yet', () => {
    expect(states(pending)).toEqual({ 2: 'add-pending', 1: 'valid' });
    expect(trustedKeys(pending)).toEqual([key(1)]);
  });

  it('keys that are no secure entry points, revoked, or of unknown algorithms are not added', () => {
    const others = [key(2, 256), revoked(3), key(4, 257, 250)];
    expect(states(see(primed, T0, [key(1), ...others], [key(1), revoked(3)]))).toEqual({
      1: 'valid',
    });
  });

  it('nothing is added from an RRset that is not valid', () => {
    expect(states(see(primed, T0, [key(1), key(2)], [key(2)]))).toEqual({ 1: 'valid' });
  });
});

describe('RFC 5011 section 4: from AddPend', () => {
  const both = [key(1), key(2)];

  it('AddTime: valid when the hold-down of 30 days is over, to the second', () => {
    const again = see(pending, T0 + DAY, both, [key(1)]);
    expect(stateOf(see(again, T0 + 30 * DAY - 1, both, [key(1)]), 2)?.state).toBe('add-pending');
    const added = see(again, T0 + 30 * DAY, both, [key(1)]);
    expect(stateOf(added, 2)).toMatchObject({ state: 'valid', changedAt: T0 + 30 * DAY });
    expect(trustedKeys(added)).toEqual([key(2), key(1)]);
  });

  it('section 2.4.1: the TTL of the first RRset that had it, when that is longer', () => {
    const slow = see(primed, T0, both, [key(1)], { ttl: 40 * DAY });
    expect(stateOf(see(slow, T0 + 40 * DAY - 1, both, [key(1)]), 2)?.state).toBe('add-pending');
    expect(stateOf(see(slow, T0 + 40 * DAY, both, [key(1)]), 2)?.state).toBe('valid');
  });

  it('section 2.4.1: one sighting is not enough, however long ago', () => {
    const alone = see(pending, T0 + 60 * DAY, [key(2)], [key(2)]);
    expect(stateOf(alone, 2)).toMatchObject({ state: 'add-pending', sightings: 1 });
    expect(alone.failures).toBe(1);
  });

  it('section 4.1: seen twice and waited for, it vouches for an RRset that it alone has signed', () => {
    const twice = see(pending, T0 + DAY, both, [key(1)]);
    const alone = see(twice, T0 + 31 * DAY, [key(2)], [key(2)]);
    expect(states(alone)).toEqual({ 2: 'valid', 1: 'missing' });
  });

  it('KeyRem: back to Start, and it waits anew when it returns', () => {
    const gone = see(pending, T0 + 20 * DAY, [key(1)], [key(1)]);
    expect(states(gone)).toEqual({ 1: 'valid' });
    const back = see(gone, T0 + 31 * DAY, both, [key(1)]);
    expect(stateOf(back, 2)).toMatchObject({ state: 'add-pending', sightings: 1 });
  });

  it('an RRset that is not valid takes nothing away', () => {
    expect(stateOf(see(pending, T0 + DAY, [key(1)], []), 2)?.state).toBe('add-pending');
  });

  it('a pending key that revokes itself goes back to Start', () => {
    const point = see(pending, T0 + DAY, [key(1), revoked(2)], [key(1), revoked(2)]);
    expect(states(point)).toEqual({ 1: 'valid' });
  });

  it('a clock that goes back ends no hold-down', () => {
    const again = see(pending, T0 - 90 * DAY, both, [key(1)]);
    expect(stateOf(again, 2)?.state).toBe('add-pending');
  });
});

describe('RFC 5011 section 4: from Valid and Missing', () => {
  const two = see(anchored(key(1), key(2)), T0, [key(1), key(2)], [key(1)]);

  it('KeyRem: a valid key that is no longer seen is missing, and still trusted', () => {
    const point = see(two, T0 + DAY, [key(2)], [key(2)]);
    expect(stateOf(point, 1)).toMatchObject({ state: 'missing', changedAt: T0 + DAY });
    expect(trustedKeys(point)).toEqual([key(1), key(2)]);
  });

  it('KeyPres: a missing key that is seen again is valid', () => {
    const gone = see(two, T0 + DAY, [key(2)], [key(2)]);
    const back = see(gone, T0 + 2 * DAY, [key(1), key(2)], [key(1)]);
    expect(stateOf(back, 1)).toMatchObject({ state: 'valid', changedAt: T0 + 2 * DAY });
  });

  it('a key that is missing for 366 days is forgotten when others are valid', () => {
    const gone = see(two, T0, [key(2)], [key(2)]);
    expect(states(see(gone, T0 + 366 * DAY - 1, [key(2)], [key(2)]))[1]).toBe('missing');
    expect(states(see(gone, T0 + 366 * DAY, [key(2)], [key(2)]))).toEqual({ 2: 'valid' });
  });

  it('keys that are all missing are kept', () => {
    const gone = see(two, T0, [key(9, 256)], [key(1)]);
    const later = see(gone, T0 + 999 * DAY, [key(9, 256)], [key(1)]);
    expect(states(later)).toEqual({ 1: 'missing', 2: 'missing' });
  });

  it('RevBit (section 2.1): revoked at once by an RRset that the revoked key signed', () => {
    const point = see(two, T0 + DAY, [revoked(1), key(2)], [revoked(1), key(2)]);
    expect(stateOf(point, 1)).toMatchObject({ state: 'revoked', rdata: revoked(1) });
    expect(trustedKeys(point)).toEqual([key(2)]);
  });

  it('section 2.1: the bit alone revokes nothing', () => {
    const point = see(two, T0 + DAY, [revoked(1), key(2)], [key(2)]);
    expect(stateOf(point, 1)?.state).toBe('missing');
  });

  it('section 2.1: revoked too when nothing else in the RRset is signed', () => {
    const point = see(two, T0 + DAY, [revoked(1)], [revoked(1)]);
    expect(states(point)).toEqual({ 1: 'revoked', 2: 'valid' });
    expect(point).toMatchObject({ lastSuccess: T0, failures: 1 });
  });

  it('a missing key can be revoked', () => {
    const gone = see(two, T0 + DAY, [key(2)], [key(2)]);
    const point = see(gone, T0 + 2 * DAY, [revoked(1), key(2)], [revoked(1), key(2)]);
    expect(stateOf(point, 1)?.state).toBe('revoked');
  });
});

describe('RFC 5011 section 4: from Revoked', () => {
  const two = see(anchored(key(1), key(2)), T0, [key(1), key(2)], [key(1)]);
  const point = see(two, T0, [revoked(1), key(2)], [revoked(1), key(2)]);

  it('RemTime: forgotten after 30 days', () => {
    expect(states(see(point, T0 + 30 * DAY - 1, [key(2)], [key(2)]))[1]).toBe('revoked');
    expect(states(see(point, T0 + 30 * DAY, [key(2)], [key(2)]))).toEqual({ 2: 'valid' });
  });

  it('not by being seen without the bit: that starts the 30 days anew', () => {
    const back = see(point, T0 + 29 * DAY, [key(1), key(2)], [key(2)]);
    expect(stateOf(back, 1)).toMatchObject({ state: 'revoked', changedAt: T0 + 29 * DAY });
    expect(states(see(back, T0 + 31 * DAY, [key(2)], [key(2)]))[1]).toBe('revoked');
  });

  it('what it signs is not believed any more', () => {
    const failed = see(point, T0 + DAY, [key(1), key(2)], [key(1)]);
    expect(failed.failures).toBe(1);
  });

  it('section 5: with its last key the trust point is deleted, and stays so', () => {
    const gone = see(point, T0 + DAY, [revoked(1), revoked(2)], [revoked(1), revoked(2)]);
    expect(gone).toMatchObject({ deleted: true, nextProbe: 0, lastSuccess: T0 + DAY });
    expect(trustedKeys(gone)).toEqual([]);
    expect(see(gone, T0 + 90 * DAY, [key(1), key(2)], [key(1)])).toBe(gone);
  });

  it('section 5: deleted, too, when a key has waited for long enough but signs nothing of the last revocation', () => {
    const one = see(anchored(key(1)), T0, [key(1), key(2)], [key(1)]);
    const ripe = see(one, T0 + DAY, [key(1), key(2)], [key(1)]);
    const gone = see(ripe, T0 + 40 * DAY, [revoked(1), key(2)], [revoked(1)]);
    expect(gone.deleted).toBe(true);
    const signs = see(ripe, T0 + 40 * DAY, [revoked(1), key(2)], [revoked(1), key(2)]);
    expect(states(signs)).toEqual({ 1: 'revoked', 2: 'valid' });
  });
});

describe('whatever the zone publishes', () => {
  const KEYS = 4;
  interface Step {
    readonly after: number;
    readonly published: readonly string[];
    readonly signing: readonly boolean[];
  }
  const step: fc.Arbitrary<Step> = fc.record({
    after: fc.integer({ min: 1, max: 25 * DAY }),
    published: fc.array(fc.constantFrom('absent', 'present', 'revoked'), {
      minLength: KEYS,
      maxLength: KEYS,
    }),
    signing: fc.array(fc.boolean(), { minLength: KEYS, maxLength: KEYS }),
  });

  function play(
    steps: readonly Step[],
    check: (before: TrustPoint, after: TrustPoint, at: number) => void,
  ): void {
    let point = anchored(key(0), key(1));
    let at = T0;
    for (const { after, published, signing } of steps) {
      at += after;
      const keys: Uint8Array[] = [];
      const signers: Uint8Array[] = [];
      for (const [id, how] of published.entries()) {
        if (how === 'absent') continue;
        const rdata = how === 'revoked' ? revoked(id) : key(id);
        keys.push(rdata);
        if (signing[id]) signers.push(rdata);
      }
      const next = see(point, at, keys, signers);
      check(point, next, at);
      point = next;
    }
  }

  it('no key becomes valid before its hold-down and two sightings', () => {
    const since = new Map<number, number>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        since.clear();
        play(steps, (before, after, at) => {
          for (const { rdata, state } of after.keys) {
            const id = rdata[4] as number;
            const was = stateOf(before, id);
            if (was === undefined) since.set(id, at);
            if (state !== 'valid' || was?.state !== 'add-pending') continue;
            expect(at - (since.get(id) as number)).toBeGreaterThanOrEqual(30 * DAY);
            expect(was.sightings).toBeGreaterThanOrEqual(1);
          }
        });
      }),
    );
  });

  it('a revoked key is never trusted again without a new hold-down', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const revokedAt = new Map<number, number>();
        play(steps, (_, after, at) => {
          for (const { rdata, state } of after.keys) {
            const id = rdata[4] as number;
            if (state === 'revoked') revokedAt.set(id, at);
            const last = revokedAt.get(id);
            if (last === undefined || (state !== 'valid' && state !== 'missing')) continue;
            expect(at - last).toBeGreaterThanOrEqual(30 * DAY);
          }
        });
      }),
    );
  });

  it('there is a trusted key until the trust point is deleted, and it asks again later', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        play(steps, (_, after, at) => {
          expect(trustedKeys(after).length === 0).toBe(after.deleted);
          if (after.lastQueried === at && !after.deleted) {
            expect(after.nextProbe - at).toBeGreaterThanOrEqual(0.9 * 3_600);
          }
        });
      }),
    );
  });

  it('keys that never signed beside a trusted one are not added', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const forged = steps.map((each) => ({
          ...each,
          signing: each.signing.map((signs, id) => signs && id > 1),
        }));
        play(forged, (_, after) => {
          expect(Object.keys(states(after))).toEqual(['0', '1']);
        });
      }),
    );
  });
});
