import { describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { ALGORITHM } from '../../resolver-core/wire/iana.ts';
import type { SigningPlan } from '../plan.ts';
import { smallPlan } from '../testing/small-plan.ts';
import { hostedPolicy, planPolicy } from './keyring.ts';

const plan = smallPlan();
const TTL = { dnskey: 3600, nsec: 60 };

function signingOf(apex: string): SigningPlan {
  const signing = plan.zones.find((zone) => zone.apex === apex)?.signing;
  if (signing === undefined || signing === null) throw new Error(`${apex} is not signed`);
  return signing;
}

describe('keys of the plan', () => {
  test('the copies of a key are different key pairs with one tag', () => {
    const policy = planPolicy(Name.parse('de'), signingOf('de'), TTL, plan.seed);
    const key = policy.keys.get('33834');
    const copies = [0, 1, 2].map((index) => key?.copy(index));
    expect(copies.map((copy) => copy?.keyTag)).toEqual([33834, 33834, 33834]);
    const keys = copies.map((copy) => copy?.dnskey.publicKey.join());
    expect(new Set([...keys, policy.keys.get('32911')?.copy(0).dnskey.publicKey.join()]).size).toBe(
      4,
    );
  });

  test('a key is made once, and the same by every policy of the zone', () => {
    const policies = [1, 2].map(() =>
      planPolicy(Name.parse('nl'), signingOf('nl'), TTL, plan.seed),
    );
    const [one, other] = policies.map((policy) => policy.keys.get('zsk'));
    expect(one?.copy(0)).toBe(one?.copy(0));
    expect(one?.copy(0).dnskey.rdata).toEqual(other?.copy(0).dnskey.rdata);
  });

  test('two zones with curve keys do not share them', () => {
    const [nl, se] = ['nl', 'se'].map((apex) =>
      planPolicy(Name.parse(apex), signingOf(apex), TTL, plan.seed).keys.get('zsk')?.copy(0),
    );
    expect(nl?.dnskey.rdata).not.toEqual(se?.dnskey.rdata);
  });

  test('a signer that is not among the keys is refused', () => {
    const signing = { ...signingOf('de'), zsk: 'lost' };
    expect(() => planPolicy(Name.parse('de'), signing, TTL, plan.seed)).toThrow('no key lost');
  });

  test('an algorithm that cannot sign is refused when the key is made', () => {
    const keys = signingOf('nl').keys.map((key) => ({ ...key, algorithm: 99 }));
    const policy = planPolicy(Name.parse('nl'), { ...signingOf('nl'), keys }, TTL, plan.seed);
    expect(() => policy.keys.get('zsk')?.copy(0)).toThrow('algorithm 99');
  });
});

describe('keys of hosted domains', () => {
  const hosted = (algorithm: number) => {
    const signing = { ...plan.hosting.signing, algorithms: [{ algorithm, share: 1 }] };
    return hostedPolicy(Name.parse('a.de'), { ...plan.hosting, signing }, plan.seed, null);
  };

  test('RSA zones have a KSK and a ZSK', () => {
    const { keys, ksk, zsk } = hosted(ALGORITHM.RSASHA256);
    expect([keys.get(ksk)?.copy(0).flags, keys.get(zsk)?.copy(0).flags]).toEqual([257, 256]);
  });

  test.each([13, 15])('zones of algorithm %i have one key that signs everything', (algorithm) => {
    const { keys, ksk, zsk } = hosted(algorithm);
    expect(ksk).toBe(zsk);
    expect(keys.size).toBe(1);
    expect(keys.get(ksk)?.copy(0)).toMatchObject({ algorithm, flags: 257 });
  });
});
