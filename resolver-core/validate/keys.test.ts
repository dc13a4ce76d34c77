import { describe, expect, it } from 'vitest';
import {
  ecdsaKey,
  ed25519Key,
  KSK_FLAGS,
  type SigningKey,
  ZSK_FLAGS,
} from '../../sim/authority/keys.ts';
import { dsRdata, signRrset } from '../../sim/authority/sign.ts';
import type { TimelineEvent } from '../../sim/plan.ts';
import { key, SignedWorld, START, type ZoneSpec } from '../../sim/testing/signed-world.ts';
import { DEFAULT_CONFIG, type ResolverConfig } from '../config.ts';
import { MAX_DS_DIGESTS } from '../limits.ts';
import { Name } from '../name/name.ts';
import { NodeState } from '../node.ts';
import { RRset } from '../rrset.ts';
import { epochSeconds, SECOND } from '../time.ts';
import { ALGORITHM, DIGEST, EDE, RCODE, TYPE } from '../wire/iana.ts';
import { judgeKeys, type KeysVerdict } from './keys.ts';
import { newTrustPoint, type TrustPoint } from './trust-anchor.ts';

const ZONE = Name.parse('example.test');
const KSK = ed25519Key({ seed: 'ksk', flags: KSK_FLAGS });
const OTHER = ed25519Key({ seed: 'other', flags: KSK_FLAGS });
const ZSK = ed25519Key({ seed: 'zsk', flags: ZSK_FLAGS });
const REVOKED = KSK.withFlags(KSK_FLAGS | 0x0080);
const NOT_ZONE_KEY = KSK.withFlags(0x0001);

const TTL = 3600;
const CLOCK = START;

function dsOf(...keys: readonly SigningKey[]): RRset {
  return dsSet(...keys.map((each) => dsRdata(ZONE, each.dnskey, DIGEST.SHA256)));
}

function dsSet(...rdata: readonly Uint8Array[]): RRset {
  return new RRset(ZONE, TYPE.DS, TTL, rdata);
}

function keySet(published: readonly SigningKey[], signedBy: readonly SigningKey[]): RRset {
  const rdata = published.map(({ dnskey }) => dnskey.rdata);
  const now = epochSeconds(CLOCK);
  const terms = { signer: ZONE, inception: now - 60, expiration: now + 600, originalTtl: TTL };
  const records = { name: ZONE, type: TYPE.DNSKEY, rdata };
  return new RRset(
    ZONE,
    TYPE.DNSKEY,
    TTL,
    rdata,
    signedBy.map((each) => signRrset(records, each, terms)),
  );
}

function judged(
  ds: RRset,
  keys: RRset,
  goodUntil = Number.POSITIVE_INFINITY,
  config: Partial<ResolverConfig> = {},
  point: TrustPoint | null = null,
): KeysVerdict {
  const node = new NodeState(
    { ...DEFAULT_CONFIG, ...config },
    {
      rootHints: [],
      trustAnchors: [],
      maintenance:
        point === null
          ? null
          : { points: [point], draw: () => ({ source: 0, ordinal: 0, attempt: 0 }) },
      insecureDomains: [],
      fixedZones: [],
      random: () => 0,
      signatures: { signatureChecked: () => {} },
      questions: 0,
      policy: null,
      peers: null,
    },
  );
  node.clock = CLOCK;
  return judgeKeys(node, ZONE, ds, keys, goodUntil);
}

const bogus = (code: number, text: string) => ({ kind: 'bogus', error: { code, text } });

describe('a trusted key that is missing from the RRset (RFC 5011 section 4.2)', () => {
  const trusted = (algorithm: number): KeysVerdict => {
    const rdata = KSK.dnskey.rdata.slice();
    rdata[3] = algorithm;
    const point = newTrustPoint(ZONE, null, new RRset(ZONE, TYPE.DNSKEY, TTL, [rdata]));
    const { maintenance } = DEFAULT_CONFIG;
    return judged(dsOf(KSK), keySet([ZSK], [KSK]), TTL * SECOND + CLOCK, { maintenance }, point);
  };

  it('may sign it, if its algorithm is one that is supported', () => {
    expect(trusted(ALGORITHM.ED25519).kind).toBe('secure');
    // Not even tried: the text is that of a DS without its key.
    expect(trusted(ALGORITHM.DSA)).toMatchObject({
      kind: 'bogus',
      error: { text: expect.stringContaining('matches its DS') },
    });
  });
});

describe('DS that name one key tag again and again (CVE-2023-50387)', () => {
  /** So many DS with the key's tag and a wrong digest, and the right one behind them. */
  const behind = (wrong: number): RRset => {
    const right = dsRdata(ZONE, KSK.dnskey, DIGEST.SHA256);
    const decoys = Array.from({ length: wrong }, (_, i) => {
      const rdata = right.slice();
      rdata[rdata.length - 1] = (rdata[rdata.length - 1] as number) ^ (i + 1);
      return rdata;
    });
    return dsSet(...decoys, right);
  };

  it('are tried up to the limit of digests, and no further', () => {
    const dnskey = keySet([KSK], [KSK]);
    expect(judged(behind(MAX_DS_DIGESTS - 1), dnskey).kind).toBe('secure');
    expect(judged(behind(MAX_DS_DIGESTS), dnskey)).toMatchObject({
      kind: 'bogus',
      error: { code: EDE.DNSKEY_MISSING },
    });
  });
});

describe('from DS to DNSKEY (RFC 4035 section 5.2)', () => {
  it('a key that the DS vouches for and that signs the set makes all keys of the set good', () => {
    const verdict = judged(dsOf(KSK), keySet([ZSK, KSK], [KSK]));
    if (verdict.kind !== 'secure') throw new Error(verdict.kind);
    expect(verdict.keys.keys.map(({ keyTag }) => keyTag)).toEqual([ZSK.keyTag, KSK.keyTag]);
  });

  it('good for as long as TTL, signature and what is known of its age allow', () => {
    const until = (goodUntil?: number) => {
      const verdict = judged(dsOf(KSK), keySet([KSK], [KSK]), goodUntil);
      return verdict.kind === 'secure' ? (verdict.keys.expiresAt - CLOCK) / SECOND : -1;
    };
    expect(until()).toBe(600);
    expect(until(CLOCK + 17 * SECOND)).toBe(17);
  });

  it('no key that matches is EDE 9, with the tags on both sides', () => {
    const tags = [KSK.keyTag, ZSK.keyTag].sort((a, b) => a - b);
    const text = `no DNSKEY of example.test matches its DS (keytag=${OTHER.keyTag}; DNSKEY has ${tags})`;
    expect(judged(dsOf(OTHER), keySet([KSK, ZSK], [KSK]))).toMatchObject(bogus(9, text));
  });

  it.each([
    ['tag', 1],
    ['algorithm', 2],
    ['digest', 35],
  ])('a match is one of tag, algorithm and digest: not without the %s', (_what, at) => {
    const [rdata = new Uint8Array()] = dsOf(KSK).rdata;
    const changed = rdata.map((octet, i) => (i !== at ? octet : i === 2 ? 13 : octet ^ 1));
    expect(judged(dsSet(changed), keySet([KSK], [KSK]))).toMatchObject({
      kind: 'bogus',
      error: { code: EDE.DNSKEY_MISSING },
    });
  });

  it('the key that matches must be the one that signs: a ZSK vouches for nobody', () => {
    const text = `no DNSKEY found for RRSIG of example.test/dnskey (keytag=${ZSK.keyTag})`;
    expect(judged(dsOf(KSK), keySet([KSK, ZSK], [ZSK]))).toMatchObject(bogus(9, text));
    expect(judged(dsOf(ZSK), keySet([KSK, ZSK], [ZSK])).kind).toBe('secure');
  });

  it('one DS that leads to a signing key is enough among several (RFC 6840 section 5.11)', () => {
    const [rdata = new Uint8Array()] = dsOf(OTHER).rdata;
    const unknown = rdata.map((octet, i) => (i === 2 ? 100 : octet));
    for (const ds of [dsOf(OTHER, KSK), dsSet(unknown, ...dsOf(KSK).rdata)]) {
      expect(judged(ds, keySet([KSK], [KSK])).kind).toBe('secure');
    }
  });

  it('every algorithm of the DS must lead to a signing key when it is asked for', () => {
    const p256 = ecdsaKey({ algorithm: 13, seed: 'ksk', flags: KSK_FLAGS });
    const verdict = (...signedBy: readonly SigningKey[]) =>
      judged(dsOf(KSK, p256), keySet([KSK, p256], signedBy), undefined, {
        hardenAlgorithmDowngrade: true,
      });
    expect(verdict(KSK, p256)).toMatchObject({ kind: 'secure', keys: { algorithms: [13, 15] } });
    const text = 'no RRSIG of algorithm 13 found for example.test/dnskey';
    expect(verdict(KSK)).toMatchObject(bogus(EDE.DNSSEC_BOGUS, text));
    expect(judged(dsOf(KSK, p256), keySet([KSK, p256], [KSK]))).toMatchObject({
      kind: 'secure',
      keys: { algorithms: null },
    });
  });

  it('SHA-1 counts only when there is nothing stronger (RFC 4509 section 3)', () => {
    const weak = dsRdata(ZONE, KSK.dnskey, DIGEST.SHA1);
    expect(judged(dsSet(weak), keySet([KSK], [KSK])).kind).toBe('secure');
    const beside = dsSet(weak, ...dsOf(OTHER).rdata);
    expect(judged(beside, keySet([KSK], [KSK])).kind).toBe('bogus');
  });

  it('a revoked key vouches for nothing, DS or not (RFC 5011 section 2.1)', () => {
    expect(judged(dsOf(REVOKED), keySet([REVOKED, ZSK], [REVOKED]))).toMatchObject({
      kind: 'bogus',
      error: { code: EDE.DNSKEY_MISSING },
    });
    expect(judged(dsOf(REVOKED, OTHER), keySet([REVOKED, OTHER], [REVOKED, OTHER])).kind).toBe(
      'secure',
    );
  });

  it('a key without the zone bit signs nothing, EDE 11 (RFC 4034 section 2.1.1)', () => {
    expect(judged(dsOf(NOT_ZONE_KEY), keySet([NOT_ZONE_KEY], [NOT_ZONE_KEY]))).toMatchObject({
      kind: 'bogus',
      error: { code: EDE.NO_ZONE_KEY_BIT_SET },
    });
  });
});

describe('several key pairs with one tag (the .de fault of May 2026)', () => {
  const TAG = 33834;
  const rsa = { algorithm: ALGORITHM.RSASHA256, bits: 1024 };
  const TAGGED = key('zsk', 'zsk', { ...rsa, tag: TAG, copies: 3 });
  const KSKEY = key('ksk', 'ksk', { ...rsa, bits: 2048 });

  /** The addresses of the zone signed at the start by one of the three. */
  function signedBy(copy: number): TimelineEvent {
    const select = { owner: null, types: [TYPE.A], signedWith: null };
    return { kind: 'resign', at: START - SECOND, zone: 'example.test', select, over: 0, copy };
  }

  function world(spec: ZoneSpec): SignedWorld {
    return new SignedWorld({
      test: {},
      'example.test': { records: 'www A 203.0.113.1', ...spec },
    });
  }

  it('what the published one signs is good, what the others sign is bogus with the same tag', () => {
    const good = world({ keys: [KSKEY, TAGGED], timeline: [signedBy(0)] });
    expect(good.ask('www.example.test')).toMatchObject({ authenticated: true });
    for (const copy of [1, 2]) {
      const bad = world({ keys: [KSKEY, TAGGED], timeline: [signedBy(copy)] });
      const rdata = (of: SignedWorld) => of.keysOf('example.test').map((each) => each.rdata);
      expect(rdata(bad)).toEqual(rdata(good));
      const outcome = bad.ask('www.example.test');
      expect(outcome).toMatchObject({ rcode: RCODE.SERVFAIL, codes: [EDE.DNSSEC_BOGUS] });
      expect(outcome.texts).toEqual([
        `RRSIG with malformed signature found for www.example.test/a (keytag=${TAG})`,
      ]);
    }
  });

  it('two that are published are both tried, in whatever order they come', () => {
    const twin = key('twin', 'zsk', { ...rsa, tag: TAG });
    for (const keys of [
      [KSKEY, twin, TAGGED],
      [KSKEY, TAGGED, twin],
    ]) {
      const tried = world({ keys, timeline: [signedBy(0)] });
      expect(tried.keysOf('example.test').filter(({ keyTag }) => keyTag === TAG)).toHaveLength(2);
      expect(tried.ask('www.example.test')).toMatchObject({ authenticated: true });
    }
  });
});
