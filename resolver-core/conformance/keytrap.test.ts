/**
 * KeyTrap (Heftrig, Schulmann, Vogel and Waidner, CVE-2023-50387): a zone whose keys share one tag, times
 * signatures that all fail, times RRsets. What is counted are the calls of the back end, not what the
 * resolver says of itself.
 */

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ed25519Key, KSK_FLAGS, ZSK_FLAGS } from '../../sim/authority/keys.ts';
import { dsRdata, signRrset } from '../../sim/authority/sign.ts';
import { SignedWorld, START, type ZoneSpec } from '../../sim/testing/signed-world.ts';
import {
  MAX_KEYS_PER_SIGNATURE,
  MAX_PROOF_RRSETS,
  MAX_SIGNATURES_PER_RRSET,
  MAX_VERIFICATIONS_PER_LOOKUP,
} from '../limits.ts';
import { Name } from '../name/name.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { epochSeconds } from '../time.ts';
import { DIGEST, EDE, RCODE, TYPE } from '../wire/iana.ts';

const calls = vi.hoisted(() => ({ verify: 0 }));

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  const verify = (...given: Parameters<typeof crypto.verify>) => {
    calls.verify++;
    return crypto.verify(...given);
  };
  return { ...crypto, verify };
});

beforeEach(() => {
  calls.verify = 0;
});

const ZONE = Name.parse('example.test');
const KSK = ed25519Key({ seed: 'ksk', flags: KSK_FLAGS });
const ZSK = ed25519Key({ seed: 'zsk', flags: ZSK_FLAGS });
const NOW = epochSeconds(START);
const TERMS = { signer: ZONE, inception: NOW - 3600, expiration: NOW + 86_400, originalTtl: 300 };

/** Signatures of the chain of trust above the records of the zone: . DNSKEY, DS and DNSKEY twice. */
const CHAIN = 5;

/** The ZSK first, then others with its tag: that is a sum of words, so their order is free. */
function zoneSigningKeys(impostors: number): Uint8Array[] {
  const { rdata } = ZSK.dnskey;
  const others = Array.from({ length: impostors }, (_, i) => {
    const [a, b] = [4 + 2 * i, 6 + 2 * i];
    const other = rdata.slice();
    other.set(rdata.subarray(a, a + 2), b);
    other.set(rdata.subarray(b, b + 2), a);
    return other;
  });
  return [rdata, ...others];
}

/** With so many forged signatures, and behind them the good one of the ZSK. */
function trap({ name, type, rdata }: RRset, forged: number): RRset {
  const good = signRrset({ name, type, rdata }, ZSK, TERMS);
  const bad = Array.from({ length: forged }, (_, i) => {
    return new ReceivedRrsig(good, new Uint8Array(64).fill(i + 1));
  });
  return new RRset(name, type, 300, rdata, [...bad, good]);
}

function cname(owner: string, target: string): RRset {
  return new RRset(Name.parse(owner), TYPE.CNAME, 300, [Name.parse(target).wire]);
}

interface Sections {
  readonly answer?: readonly RRset[];
  readonly authority?: readonly RRset[];
  readonly rcode?: number;
}

/** The zone has keys of its own, and says the same whatever it is asked for but those. */
function trapWorld(
  impostors: number,
  says: Sections,
  others: Readonly<Record<string, ZoneSpec>> = {},
): SignedWorld {
  const ds = () => [dsRdata(ZONE, KSK.dnskey, DIGEST.SHA256)];
  const world = new SignedWorld({ test: {}, 'example.test': { ds }, ...others });
  const rdata = [KSK.dnskey.rdata, ...zoneSigningKeys(impostors)];
  const records = { name: ZONE, type: TYPE.DNSKEY, rdata };
  const keys = new RRset(ZONE, TYPE.DNSKEY, 300, rdata, [signRrset(records, KSK, TERMS)]);
  world.edit('example.test', (message, { type }) =>
    type === TYPE.DNSKEY
      ? { ...message, answer: [keys] }
      : { ...message, answer: [], authority: [], ...says },
  );
  return world;
}

const ADDRESS = new RRset(ZONE.child('www'), TYPE.A, 300, [Uint8Array.of(203, 0, 113, 1)]);

describe('signatures of one RRset', () => {
  const ask = (forged: number) =>
    trapWorld(0, { answer: [trap(ADDRESS, forged)] }).ask('www.example.test');

  it('the good one may be the last of the limit, and is not found behind it', () => {
    expect(ask(MAX_SIGNATURES_PER_RRSET - 1)).toMatchObject({ authenticated: true });
    expect(calls.verify).toBe(CHAIN + MAX_SIGNATURES_PER_RRSET);
    expect(ask(MAX_SIGNATURES_PER_RRSET)).toMatchObject({ rcode: RCODE.SERVFAIL });
  });

  it('each is tried with no more keys of its tag than the limit', () => {
    const forged = new RRset(ADDRESS.name, TYPE.A, 300, ADDRESS.rdata, [
      trap(ADDRESS, 1).signatures[0] as ReceivedRrsig,
    ]);
    const world = trapWorld(MAX_KEYS_PER_SIGNATURE + 3, { answer: [forged] });
    expect(world.ask('www.example.test').rcode).toBe(RCODE.SERVFAIL);
    expect(calls.verify).toBe(CHAIN + MAX_KEYS_PER_SIGNATURE);
  });
});

describe('all of one lookup', () => {
  const denials = Array.from({ length: MAX_PROOF_RRSETS }, (_, i) => {
    const name = ZONE.child(`n${i}`);
    return trap(new RRset(name, TYPE.NSEC, 300, [Uint8Array.of(...name.wire, 0, 1, 0x40)]), 20);
  });

  it('keys, times signatures, times RRsets: the limit of verifications and no more', () => {
    const unbounded = MAX_PROOF_RRSETS * MAX_SIGNATURES_PER_RRSET * MAX_KEYS_PER_SIGNATURE;
    expect(unbounded).toBeGreaterThan(MAX_VERIFICATIONS_PER_LOOKUP);
    const world = trapWorld(12, { authority: denials, rcode: RCODE.NXDOMAIN });
    expect(world.ask('missing.example.test')).toMatchObject({
      rcode: RCODE.SERVFAIL,
      codes: [EDE.DNSSEC_BOGUS],
    });
    expect(calls.verify).toBe(MAX_VERIFICATIONS_PER_LOOKUP);
  });

  /** Four aliases of 29 verifications and one of `forged` x 4 + 1, then a zone that takes three. */
  const worn = (forged: number): SignedWorld => {
    const links = [0, 1, 2, 3].map((i) => cname(`t${i}.example.test`, `t${i + 1}.example.test`));
    const answer = [
      ...links.map((link) => trap(link, MAX_SIGNATURES_PER_RRSET - 1)),
      trap(cname('t4.example.test', 'www.victim.test'), forged),
    ];
    return trapWorld(8, { answer }, { 'victim.test': { records: 'www A 203.0.113.1' } });
  };

  it('the zones that its aliases lead to pay out of the same purse', () => {
    expect(CHAIN + 4 * 29 + 1 + 3).toBeLessThan(MAX_VERIFICATIONS_PER_LOOKUP);
    expect(worn(0).ask('t0.example.test')).toMatchObject({ authenticated: true });
    expect(calls.verify).toBe(CHAIN + 4 * 29 + 1 + 3);
    expect(CHAIN + 4 * 29 + 5 + 3).toBe(MAX_VERIFICATIONS_PER_LOOKUP + 1);
    const outcome = worn(1).ask('t0.example.test');
    expect(outcome).toMatchObject({ rcode: RCODE.SERVFAIL, codes: [EDE.DNSSEC_BOGUS] });
    expect(outcome.texts[0]).toMatch(
      `more than ${MAX_VERIFICATIONS_PER_LOOKUP} signature verifications at www.victim.test/a`,
    );
  });

  it('and their names are not remembered as failed for want of it', () => {
    const world = worn(1);
    world.ask('t0.example.test');
    expect(world.ask('www.victim.test')).toMatchObject({ source: 'miss', authenticated: true });
  });
});
