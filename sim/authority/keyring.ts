/**
 * The key pairs of the world's zones and how each zone signs: plans turned into keys, made when
 * first needed. A key of three copies is three key pairs with one tag, of which only the first is
 * published.
 */

import type { Name } from '../../resolver-core/name/name.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { ALGORITHM } from '../../resolver-core/wire/iana.ts';
import type { HostingPlan, KeyPlan, SigningPlan } from '../plan.ts';
import {
  ecdsaKey,
  ed448Key,
  ed25519Key,
  KSK_FLAGS,
  rsaKey,
  type SigningKey,
  ZSK_FLAGS,
} from './keys.ts';
import { RSA_PRIMES } from './primes.ts';
import { pickShare, TRAIT, traitDraw, traitOf } from './traits.ts';

/** One key id of a zone. */
export interface ZoneKey {
  readonly id: string;
  readonly role: KeyPlan['role'];
  readonly copies: number;
  /** In the DNSKEY RRset from and until (null: always). */
  readonly publishedFrom: Micros | null;
  readonly publishedUntil: Micros | null;
  /** The key pair of one HSM, 0 to `copies` - 1. */
  readonly copy: (index: number) => SigningKey;
}

/** How a zone signs, from the plan or made from the hosting rules. */
export interface SigningPolicy {
  readonly keys: ReadonlyMap<string, ZoneKey>;
  /** Key ids at the start: who signs DNSKEY, and who signs the rest. */
  readonly ksk: string;
  readonly zsk: string;
  readonly validity: Micros;
  /** Of the signature over the DNSKEY RRset. */
  readonly dnskeyValidity: Micros;
  readonly backdate: Micros;
  readonly resignEvery: Micros;
  /** A signature over the NSEC or NSEC3 of the apex ends then; null: whenever it comes to. */
  readonly apexNsecEnds: Micros | null;
  readonly serialEvery: Micros;
  /** Nothing is signed after this instant: a signer that stopped and was not missed. */
  readonly stoppedAt: Micros | null;
  /** Seconds. */
  readonly dnskeyTtl: number;
  readonly nsecTtl: number;
}

/** The policy of a zone of the plan. Throws an Error for a key id that is not among its keys. */
export function planPolicy(
  apex: Name,
  plan: SigningPlan,
  ttl: { readonly dnskey: number; readonly nsec: number },
  seed: number,
): SigningPolicy {
  const keys = new Map<string, ZoneKey>();
  const used = new Map<number, number>();
  for (const key of plan.keys) {
    const from = used.get(key.bits) ?? traitDraw(seed, apex, TRAIT.poolIndex, key.bits) % 1024;
    used.set(key.bits, from + key.copies);
    keys.set(key.id, planKey(apex, key, from));
  }
  for (const id of [plan.ksk, plan.zsk]) {
    if (!keys.has(id)) throw new Error(`zone ${apex} has no key ${id}`);
  }
  const { ksk, zsk, validity, backdate, resignEvery, serialEvery } = plan;
  const { dnskeyValidity = validity, apexNsecEnds = null } = plan;
  const times = {
    apexNsecEnds,
    validity,
    dnskeyValidity,
    backdate,
    resignEvery,
    serialEvery,
    stoppedAt: null,
  };
  return { keys, ksk, zsk, ...times, dnskeyTtl: ttl.dnskey, nsecTtl: ttl.nsec };
}

function planKey(apex: Name, key: KeyPlan, firstInPool: number): ZoneKey {
  const flags = key.role === 'ksk' ? KSK_FLAGS : ZSK_FLAGS;
  const tag = key.tag === null ? {} : { tag: key.tag };
  const { publishedFrom, publishedUntil } = key;
  const copy = remembered((index) => {
    if (key.bits === 0) {
      const seed = `${apex} ${key.id} copy ${index}`;
      return curveKey(key.algorithm, { seed, flags, ...tag });
    }
    const pairs = (RSA_PRIMES.get(key.bits) ?? []).length / 2;
    const poolIndex = pairs === 0 ? 0 : (firstInPool + index) % pairs;
    return rsaKey({ bits: key.bits, algorithm: key.algorithm, flags, poolIndex, ...tag });
  });
  return { id: key.id, role: key.role, copies: key.copies, publishedFrom, publishedUntil, copy };
}

/** RSA zones of hosters have a KSK and a ZSK, curves one key that signs everything. */
const HOSTED_KSK_BITS = 2048;
const HOSTED_ZSK_BITS = 1024;

/** The policy of a signed domain; `stoppedAt` as in `SigningPolicy`. */
export function hostedPolicy(
  name: Name,
  hosting: HostingPlan,
  seed: number,
  stoppedAt: Micros | null,
): SigningPolicy {
  const { algorithms, validity, backdate, resignEvery } = hosting.signing;
  const algorithm = pickShare(algorithms, traitOf(seed, name, TRAIT.algorithm))?.algorithm;
  if (algorithm === undefined) throw new Error('hosting.signing.algorithms is empty');
  const always = { copies: 1, publishedFrom: null, publishedUntil: null };
  const rsa = (id: string, role: KeyPlan['role'], bits: number): ZoneKey => {
    const flags = role === 'ksk' ? KSK_FLAGS : ZSK_FLAGS;
    const pairs = (RSA_PRIMES.get(bits) ?? []).length / 2;
    const poolIndex = traitDraw(seed, name, TRAIT.poolIndex, bits) % pairs;
    const copy = remembered(() => rsaKey({ bits, algorithm, flags, poolIndex }));
    return { id, role, ...always, copy };
  };
  const keys = isRsa(algorithm)
    ? [rsa('ksk', 'ksk', HOSTED_KSK_BITS), rsa('zsk', 'zsk', HOSTED_ZSK_BITS)]
    : [
        {
          id: 'csk',
          role: 'ksk' as const,
          ...always,
          copy: remembered(() => curveKey(algorithm, { seed: `${name} csk`, flags: KSK_FLAGS })),
        },
      ];
  return {
    keys: new Map(keys.map((key) => [key.id, key])),
    ksk: (keys[0] as ZoneKey).id,
    zsk: (keys[keys.length - 1] as ZoneKey).id,
    ...{ validity, dnskeyValidity: validity, backdate, resignEvery },
    ...{ serialEvery: resignEvery, apexNsecEnds: null, stoppedAt },
    ...{ dnskeyTtl: hosting.ttl.dnskey, nsecTtl: hosting.ttl.negative },
  };
}

/** A key that nobody holds any more: what a DS that was left behind points at. */
export function lostKey(name: Name): SigningKey {
  return curveKey(ALGORITHM.ECDSAP256SHA256, { seed: `${name} lost`, flags: KSK_FLAGS });
}

function isRsa(algorithm: number): boolean {
  const { RSASHA1, RSASHA1_NSEC3_SHA1, RSASHA256, RSASHA512 } = ALGORITHM;
  return [RSASHA1, RSASHA1_NSEC3_SHA1, RSASHA256, RSASHA512].some((rsa) => rsa === algorithm);
}

function curveKey(
  algorithm: number,
  options: { readonly seed: string; readonly flags: number; readonly tag?: number },
): SigningKey {
  switch (algorithm) {
    case ALGORITHM.ECDSAP256SHA256:
    case ALGORITHM.ECDSAP384SHA384:
      return ecdsaKey({ ...options, algorithm });
    case ALGORITHM.ED25519:
      return ed25519Key(options);
    case ALGORITHM.ED448:
      return ed448Key(options);
    default:
      throw new RangeError(`algorithm ${algorithm} cannot sign here`);
  }
}

function remembered(make: (index: number) => SigningKey): (index: number) => SigningKey {
  const made: SigningKey[] = [];
  return (index) => {
    made[index] ??= make(index);
    return made[index];
  };
}
