import { describe, expect, it } from 'vitest';
import { SignedWorld } from '../../sim/testing/signed-world.ts';
import { Name } from '../name/name.ts';
import type { RRset } from '../rrset.ts';
import { TYPE, typeName } from '../wire/iana.ts';
import { ZoneCopy } from './static-zone.ts';

const world = new SignedWorld({
  '.': { records: 'host.infra 60 A 192.0.2.77' },
  de: {},
  com: { signed: false },
  nl: { denial: 'nsec3' },
});
const copy = world.copyOfRoot();

const shown = (section: readonly RRset[]): string[] =>
  section.map(({ name, type, ttl, signatures }) => {
    const ends = signatures.map(({ keyTag, expiration }) => `${keyTag} ${expiration}`);
    return [name, typeName(type), ttl, ...ends].join(' ');
  });

describe('a copy of the root zone', () => {
  it.each([
    ['.', TYPE.SOA],
    ['.', TYPE.NS],
    ['.', TYPE.DNSKEY],
    ['.', TYPE.A],
    ['de', TYPE.DS],
    ['nl', TYPE.DS],
    ['com', TYPE.DS],
    ['host.infra', TYPE.A],
    ['host.infra', TYPE.AAAA],
    ['infra', TYPE.A],
    ['junk', TYPE.A],
    ['aaa', TYPE.AAAA],
    ['zzz', TYPE.A],
    ['www.junk', TYPE.A],
    ['other.infra', TYPE.A],
  ])('says of %s type %d what a root server says', (text, type) => {
    const name = Name.parse(text);
    expect(copy.cutFor({ name, type })).toBeNull();
    const said = copy.answer({ name, type }).message;
    const served = world.rootSays(text, type);
    expect([said.rcode, said.authoritative]).toEqual([served.rcode, true]);
    expect(shown(said.answer)).toEqual(shown(served.answer));
    expect(shown(said.authority).sort()).toEqual(shown(served.authority).sort());
  });

  it.each(['de', 'www.example.com', 'nl'])('refers %s A as a root server does', (text) => {
    const name = Name.parse(text);
    const cut = copy.cutFor({ name, type: TYPE.A });
    if (cut === null) throw new Error('no delegation');
    expect(cut.equals(name.ancestor(1))).toBe(true);
    const said = copy.referral(cut)?.message;
    const served = world.rootSays(text, TYPE.A);
    expect(said?.authoritative).toBe(false);
    expect(shown(said?.authority ?? [])).toEqual(shown(served.authority));
    expect(shown(said?.additional ?? [])).toEqual(shown(served.additional));
  });

  it('knows when the first of its signatures ends', () => {
    const served = [
      ...world.rootSays('.', TYPE.SOA).answer,
      ...world.rootSays('.', TYPE.NS).answer,
    ];
    const ends = served.flatMap(({ signatures }) => signatures.map((each) => each.expiration));
    expect(copy.firstExpiration).toBeLessThanOrEqual(Math.min(...ends));
    expect(copy.firstExpiration).toBeGreaterThan(1_777_982_400);
  });

  it('is none without SOA', () => {
    expect(() => new ZoneCopy([])).toThrow(/no SOA/);
  });
});
