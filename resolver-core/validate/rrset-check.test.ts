import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ecdsaKey, ed25519Key, type SigningKey, ZSK_FLAGS } from '../../sim/authority/keys.ts';
import { signRrset } from '../../sim/authority/sign.ts';
import { rrsigLabels, signedData } from '../crypto/signed-data.ts';
import {
  MAX_KEYS_PER_SIGNATURE,
  MAX_SIGNATURES_PER_RRSET,
  MAX_VERIFICATIONS_PER_LOOKUP,
} from '../limits.ts';
import { Name } from '../name/name.ts';
import { DnsKey } from '../rdata.ts';
import { ReceivedRrsig, RRset, type Rrsig, type RrsigFields } from '../rrset.ts';
import { ALGORITHM, EDE, TYPE } from '../wire/iana.ts';
import { type CheckContext, checkRrset, type RrsetVerdict } from './rrset-check.ts';

const ZONE = Name.parse('example.de');
/** 2023-10-04T07:00:00Z. */
const NOW = 1_696_402_800;
const DAY = 86_400;
const ADDRESS = [Uint8Array.of(192, 0, 2, 1)];

interface Signer {
  readonly privateKey: KeyObject;
  readonly key: DnsKey;
}

/** An Ed25519 key from a seed of one octet. */
function signer(seed: number, flags = 0x0101, protocol = 3): Signer {
  const pkcs8 = Buffer.from(`302e020100300506032b657004220420${'00'.repeat(31)}`, 'hex');
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8, Buffer.of(seed)]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const fixed = [flags >> 8, flags & 0xff, protocol, ALGORITHM.ED25519];
  return { privateKey, key: new DnsKey(Uint8Array.from([...fixed, ...spki.subarray(12)])) };
}

/** Another key with the same tag and algorithm: the tag is a sum, so the order of words is free. */
function impostor({ key }: Signer, word: number): DnsKey {
  const rdata = key.rdata.slice();
  const at = 4 + 2 * word;
  rdata.set(key.rdata.subarray(at + 2, at + 4), at);
  rdata.set(key.rdata.subarray(at, at + 2), at + 2);
  return new DnsKey(rdata);
}

const MAIN = signer(1);

function signature(
  owner: Name,
  by: Signer,
  fields: Partial<RrsigFields> = {},
  type: number = TYPE.A,
  rdata: readonly Uint8Array[] = ADDRESS,
): Rrsig {
  const whole: RrsigFields = {
    typeCovered: type,
    algorithm: by.key.algorithm,
    labels: rrsigLabels(owner),
    originalTtl: 3600,
    expiration: NOW + DAY,
    inception: NOW - DAY,
    keyTag: by.key.keyTag,
    signer: ZONE,
    ...fields,
  };
  const data = signedData({ name: owner, type, rdata }, whole);
  const octets = data === undefined ? new Uint8Array(64) : sign(null, data, by.privateKey);
  return new ReceivedRrsig(whole, new Uint8Array(octets));
}

const WWW = Name.parse('www.example.de');
const rrset = (...signatures: readonly Rrsig[]): RRset =>
  new RRset(WWW, TYPE.A, 7200, ADDRESS, signatures);
const signed = (fields: Partial<RrsigFields> = {}, by: Signer = MAIN): RRset =>
  rrset(signature(WWW, by, fields));

function broken(fields: Partial<RrsigFields> = {}, by: Signer = MAIN): Rrsig {
  const good = signature(WWW, by, fields);
  const octets = good.signature.slice();
  octets[0] = (octets[0] as number) ^ 1;
  return new ReceivedRrsig(good, octets);
}

function context(over: Partial<CheckContext> = {}, judged: boolean[] = []): CheckContext {
  return {
    signatureTime: NOW,
    config: { signatureSkew: null },
    ports: { signatures: { signatureChecked: (_, ok) => judged.push(ok) } },
    budget: { verifications: 0 },
    ...over,
  };
}

function check(
  set: RRset,
  keys: readonly DnsKey[] = [MAIN.key],
  epochSec: number = NOW,
  judged: boolean[] = [],
): RrsetVerdict {
  return checkRrset(context({ signatureTime: epochSec }, judged), set, ZONE, keys, null);
}

function cause(verdict: RrsetVerdict): { code: number; text: string; keyTag: number | null } {
  if (verdict.kind !== 'bogus') throw new Error('not bogus');
  const { code, text, keyTag } = verdict.cause;
  return { code, text, keyTag };
}

const TAG = MAIN.key.keyTag;

describe('clocks that may be wrong (`signatureSkew`)', () => {
  const skew = { fraction: 0.1, min: 3600, max: DAY };
  const verdict = (fields: Partial<RrsigFields>, signatureTime: number): RrsetVerdict =>
    checkRrset(
      context({ signatureTime, config: { signatureSkew: skew } }),
      signed(fields),
      ZONE,
      [MAIN.key],
      null,
    );

  test('a tenth of the lifetime before inception and after expiration', () => {
    const fields = { inception: NOW, expiration: NOW + 5 * DAY };
    expect(verdict(fields, NOW - DAY / 2).kind).toBe('secure');
    expect(cause(verdict(fields, NOW - DAY / 2 - 1)).code).toBe(EDE.SIGNATURE_NOT_YET_VALID);
    expect(verdict(fields, NOW + 5.5 * DAY).kind).toBe('secure');
    expect(cause(verdict(fields, NOW + 5.5 * DAY + 1)).code).toBe(EDE.SIGNATURE_EXPIRED);
  });

  test('at least the minimum, at most the maximum', () => {
    const short = { inception: NOW, expiration: NOW + 60 };
    expect(verdict(short, NOW + 60 + 3600).kind).toBe('secure');
    expect(verdict(short, NOW + 60 + 3601).kind).toBe('bogus');
    const long = { inception: NOW, expiration: NOW + 365 * DAY };
    expect(verdict(long, NOW - DAY).kind).toBe('secure');
    expect(verdict(long, NOW - DAY - 1).kind).toBe('bogus');
  });

  test('what is tolerated lives as long as the tolerance lasts', () => {
    const fields = { inception: NOW, expiration: NOW + 60 };
    expect(verdict(fields, NOW + 60 + 3500)).toMatchObject({ ttl: 100, expiresAt: NOW + 3660 });
    expect(verdict(fields, NOW + 50)).toMatchObject({ ttl: 10 });
  });
});

describe('every algorithm must have signed (`hardenAlgorithmDowngrade`)', () => {
  const ed25519 = ed25519Key({ seed: 'a', flags: ZSK_FLAGS });
  const p256 = ecdsaKey({ algorithm: ALGORITHM.ECDSAP256SHA256, seed: 'b', flags: ZSK_FLAGS });
  const both = [ALGORITHM.ECDSAP256SHA256, ALGORITHM.ED25519];
  const by = (key: SigningKey, expiration: number): Rrsig => {
    const terms = { signer: ZONE, inception: NOW - 60, expiration, originalTtl: 3600 };
    return signRrset({ name: WWW, type: TYPE.A, rdata: ADDRESS }, key, terms);
  };
  const verdict = (signatures: readonly Rrsig[], algorithms: readonly number[] | null) =>
    checkRrset(context(), rrset(...signatures), ZONE, [ed25519.dnskey, p256.dnskey], algorithms);

  test('one signature is enough without, and too little with it', () => {
    const one = [by(ed25519, NOW + 60)];
    expect(verdict(one, null).kind).toBe('secure');
    expect(cause(verdict(one, both))).toMatchObject({
      code: EDE.DNSSEC_BOGUS,
      text: 'no RRSIG of algorithm 13 found for www.example.de/a',
    });
  });

  test('the shortest life counts', () => {
    const signatures = [by(ed25519, NOW + 600), by(p256, NOW + 60)];
    expect(verdict(signatures, both)).toMatchObject({ kind: 'secure', ttl: 60 });
  });

  test('a bad signature of one algorithm is not made good by the other', () => {
    const signatures = [by(ed25519, NOW + 600), by(p256, NOW - 1)];
    expect(verdict(signatures, null).kind).toBe('secure');
    expect(cause(verdict(signatures, both)).code).toBe(EDE.SIGNATURE_EXPIRED);
  });
});

describe('the verifications of one lookup (KeyTrap, CVE-2023-50387)', () => {
  const verdict = (verifications: number, set: RRset, judged: boolean[] = []): RrsetVerdict =>
    checkRrset(context({ budget: { verifications } }, judged), set, ZONE, [MAIN.key], null);

  test('the last of the limit is made, the next is not, and the cause says so', () => {
    expect(verdict(MAX_VERIFICATIONS_PER_LOOKUP - 1, signed()).kind).toBe('secure');
    const refused = cause(verdict(MAX_VERIFICATIONS_PER_LOOKUP, signed()));
    expect(refused).toMatchObject({
      code: EDE.DNSSEC_BOGUS,
      text: `more than ${MAX_VERIFICATIONS_PER_LOOKUP} signature verifications at www.example.de/a (keytag=${TAG})`,
    });
  });

  test('nothing further of the RRset is looked at', () => {
    const judged: boolean[] = [];
    const set = rrset(broken(), broken(), broken(), signature(WWW, MAIN));
    expect(verdict(MAX_VERIFICATIONS_PER_LOOKUP - 1, set, judged).kind).toBe('bogus');
    expect(judged).toEqual([false, false]);
  });

  test('a remembered verdict is paid for as well', () => {
    const set = signed();
    const budget = { verifications: 0 };
    for (let i = 0; i < 3; i++) checkRrset(context({ budget }), set, ZONE, [MAIN.key], null);
    expect(budget.verifications).toBe(3);
  });
});

describe('a good signature', () => {
  test('makes the RRset secure and bounds its TTL (RFC 4035 section 5.3.3)', () => {
    const set = signed();
    expect(check(set)).toEqual({
      kind: 'secure',
      signature: set.signatures[0],
      wildcard: null,
      expiresAt: NOW + DAY,
      ttl: 3600,
    });
    expect(check(signed({ originalTtl: 9000 }))).toMatchObject({ ttl: 7200 });
    expect(check(signed({ expiration: NOW + 60 }))).toMatchObject({ ttl: 60 });
  });

  test('holds from inception to expiration, both included (RFC 4035 section 5.3.1)', () => {
    const set = signed();
    expect(check(set, [MAIN.key], NOW - DAY)).toMatchObject({ kind: 'secure' });
    expect(check(set, [MAIN.key], NOW + DAY)).toMatchObject({ kind: 'secure', ttl: 0 });
    expect(cause(check(set, [MAIN.key], NOW - DAY - 1)).code).toBe(EDE.SIGNATURE_NOT_YET_VALID);
    expect(cause(check(set, [MAIN.key], NOW + DAY + 1)).code).toBe(EDE.SIGNATURE_EXPIRED);
  });

  test('is compared in serial arithmetic over the end of 32 bits (RFC 4034 section 3.1.5)', () => {
    const end = 0x1_0000_0000;
    const set = signed({ inception: end - 100, expiration: 100 });
    expect(check(set, [MAIN.key], end - 50)).toMatchObject({
      kind: 'secure',
      expiresAt: end + 100,
      ttl: 150,
    });
    expect(check(set, [MAIN.key], end + 50)).toMatchObject({ kind: 'secure', ttl: 50 });
    expect(cause(check(set, [MAIN.key], end + 101)).text).toBe(
      `signature expired for www.example.de/a (keytag=${TAG}), expired 2106-02-07T06:29:56Z`,
    );
  });

  test('suffices beside any number of bad ones below the limit (RFC 6840 section 5.11)', () => {
    const bad = Array.from({ length: MAX_SIGNATURES_PER_RRSET - 1 }, () => broken());
    const judged: boolean[] = [];
    const set = rrset(...bad, signature(WWW, MAIN));
    expect(check(set, [MAIN.key], NOW, judged)).toMatchObject({ kind: 'secure' });
    expect(judged).toEqual([...bad.map(() => false), true]);
    const tooMany = rrset(...bad, broken(), signature(WWW, MAIN));
    expect(cause(check(tooMany)).code).toBe(EDE.DNSSEC_BOGUS);
  });

  test('is found among keys of the same tag within the limit (RFC 4034 appendix B)', () => {
    const collisions = Array.from({ length: MAX_KEYS_PER_SIGNATURE }, (_, i) =>
      impostor(MAIN, 2 * i),
    );
    expect(new Set(collisions.map((key) => key.keyTag))).toEqual(new Set([TAG]));
    const judged: boolean[] = [];
    expect(check(signed(), [...collisions.slice(1), MAIN.key], NOW, judged)).toMatchObject({
      kind: 'secure',
    });
    expect(judged).toEqual([true]);
    expect(cause(check(signed(), [...collisions, MAIN.key])).code).toBe(EDE.DNSSEC_BOGUS);
  });
});

describe('wildcard expansion (RFC 4035 section 5.3.2)', () => {
  const SOURCE = Name.parse('*.example.de');
  const expanded = (qname: string): RRset =>
    new RRset(Name.parse(qname), TYPE.A, 60, ADDRESS, [signature(SOURCE, MAIN)]);

  test('fewer labels than the owner name the closest encloser', () => {
    const verdict = check(expanded('a.b.example.de'));
    expect(verdict).toMatchObject({ kind: 'secure' });
    expect(verdict.kind === 'secure' && verdict.wildcard?.toString()).toBe('example.de.');
  });

  test('the wildcard itself is no expansion', () => {
    expect(check(expanded('*.example.de'))).toMatchObject({ kind: 'secure', wildcard: null });
  });

  test('another wildcard below it is', () => {
    const verdict = check(expanded('*.b.example.de'));
    expect(verdict.kind === 'secure' && verdict.wildcard?.toString()).toBe('example.de.');
  });

  test('labels outside owner and signer are refused', () => {
    const text = `RRSIG with wrong labels field found for www.example.de/a (keytag=${TAG})`;
    for (const labels of [4, 1, 0]) {
      expect(cause(check(signed({ labels })))).toMatchObject({ code: EDE.DNSSEC_BOGUS, text });
    }
  });
});

describe('causes', () => {
  test('no RRSIG: EDE 10', () => {
    const expected = {
      code: EDE.RRSIGS_MISSING,
      text: 'no RRSIG found for www.example.de/a',
      keyTag: null,
    };
    expect(cause(check(rrset()))).toEqual(expected);
    // One of another signer or type is none of ours.
    expect(cause(check(signed({ signer: Name.parse('de'), labels: 3 })))).toEqual(expected);
    expect(cause(check(signed({ typeCovered: TYPE.AAAA })))).toEqual(expected);
  });

  test('an owner outside the zone: EDE 10', () => {
    const other = Name.parse('www.example.com');
    const set = new RRset(other, TYPE.A, 60, ADDRESS, [signature(other, MAIN)]);
    expect(cause(check(set)).code).toBe(EDE.RRSIGS_MISSING);
  });

  test('expired: EDE 7 with the instant', () => {
    const set = signed({ inception: NOW - 2 * DAY, expiration: NOW });
    expect(cause(check(set, [MAIN.key], NOW + 3600))).toEqual({
      code: EDE.SIGNATURE_EXPIRED,
      text: `signature expired for www.example.de/a (keytag=${TAG}), expired 2023-10-04T07:00:00Z`,
      keyTag: TAG,
    });
  });

  test('not yet valid: EDE 8 with the instant', () => {
    expect(cause(check(signed({ inception: NOW + 60 })))).toEqual({
      code: EDE.SIGNATURE_NOT_YET_VALID,
      text: `signature not yet valid for www.example.de/a (keytag=${TAG}), valid from 2023-10-04T07:01:00Z`,
      keyTag: TAG,
    });
  });

  test('expiration before inception: EDE 25, whatever the clock says', () => {
    const set = signed({ inception: NOW, expiration: NOW - 1 });
    for (const clock of [NOW - DAY, NOW, NOW + DAY]) {
      expect(cause(check(set, [MAIN.key], clock)).code).toBe(EDE.SIGNATURE_EXPIRED_BEFORE_VALID);
    }
  });

  test('no key with tag and algorithm: EDE 9', () => {
    const expected = {
      code: EDE.DNSKEY_MISSING,
      text: `no DNSKEY found for RRSIG of www.example.de/a (keytag=${TAG})`,
      keyTag: TAG,
    };
    expect(cause(check(signed(), []))).toEqual(expected);
    expect(cause(check(signed(), [signer(2).key]))).toEqual(expected);
    const sameTag = new DnsKey(MAIN.key.rdata.slice());
    expect(cause(check(signed({ algorithm: ALGORITHM.ED448 }), [sameTag]))).toEqual(expected);
    const otherProtocol = signer(1, 0x0101, 2);
    expect(cause(check(signed({}, otherProtocol), [otherProtocol.key])).code).toBe(
      EDE.DNSKEY_MISSING,
    );
  });

  test('key without zone bit: EDE 11', () => {
    const hostKey = signer(1, 0x0001);
    expect(cause(check(signed({}, hostKey), [hostKey.key]))).toMatchObject({
      code: EDE.NO_ZONE_KEY_BIT_SET,
    });
  });

  test('arithmetic: EDE 6', () => {
    expect(cause(check(rrset(broken())))).toEqual({
      code: EDE.DNSSEC_BOGUS,
      text: `RRSIG with malformed signature found for www.example.de/a (keytag=${TAG})`,
      keyTag: TAG,
    });
    const forged = new RRset(WWW, TYPE.A, 60, [Uint8Array.of(192, 0, 2, 9)], signed().signatures);
    expect(cause(check(forged)).code).toBe(EDE.DNSSEC_BOGUS);
  });

  test('a cause names the root as a dot', () => {
    const root = new RRset(Name.root, TYPE.SOA, 60, ADDRESS);
    const verdict = checkRrset(context(), root, Name.root, [], null);
    expect(cause(verdict).text).toBe('no RRSIG found for ./soa');
  });

  test('of several failures the one that says most is the cause', () => {
    const other = signer(2);
    const failures: readonly (readonly [number, Rrsig])[] = [
      [EDE.DNSSEC_BOGUS, broken()],
      [EDE.DNSKEY_MISSING, signature(WWW, other)],
      [EDE.SIGNATURE_EXPIRED_BEFORE_VALID, broken({ inception: NOW, expiration: NOW - 1 })],
      [EDE.SIGNATURE_NOT_YET_VALID, broken({ inception: NOW + 1 })],
      [EDE.SIGNATURE_EXPIRED, broken({ expiration: NOW - 1 })],
    ];
    for (let i = 0; i < failures.length; i++) {
      const [code] = failures[i] as readonly [number, Rrsig];
      const some = failures.slice(0, i + 1).map(([, each]) => each);
      expect(cause(check(rrset(...some))).code).toBe(code);
      expect(cause(check(rrset(...some.reverse()))).code).toBe(code);
    }
  });
});

describe('a revoked key (RFC 5011 section 2.1)', () => {
  const revoked = signer(3, 0x0181);

  test('signs no data', () => {
    expect(cause(check(signed({}, revoked), [revoked.key])).code).toBe(EDE.DNSKEY_MISSING);
  });

  test('signs the DNSKEY RRset that it is in', () => {
    const rdata = [revoked.key.rdata];
    const own = signature(ZONE, revoked, {}, TYPE.DNSKEY, rdata);
    const set = new RRset(ZONE, TYPE.DNSKEY, 60, rdata, [own]);
    expect(check(set, [revoked.key])).toMatchObject({ kind: 'secure' });
  });
});
