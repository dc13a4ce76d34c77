import { describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { smallPlan } from '../testing/small-plan.ts';
import { BROKEN_FROM_RANK, Catalogue } from './catalogue.ts';

const plan = smallPlan();
const catalogue = new Catalogue(plan);

describe('hosts', () => {
  test('there are as many as the traffic asks for, each once, the first domain first', () => {
    expect(catalogue.hosts).toHaveLength(plan.traffic.names);
    expect(new Set(catalogue.hosts.map(({ name }) => name.key)).size).toBe(plan.traffic.names);
    expect(catalogue.hosts[0]?.name.toString()).toBe('laden0.de.');
  });

  test('the same plan gives the same world, another seed another', () => {
    const describeAll = (other: Catalogue): string[] =>
      other.hosts.map(({ name, kind }) => `${name} ${kind}`);
    expect(describeAll(new Catalogue(smallPlan()))).toEqual(describeAll(catalogue));
    expect(describeAll(new Catalogue(smallPlan({ seed: 2 })))).not.toEqual(describeAll(catalogue));
  });

  test('the kind is that of the domain that the name is in, and the zone its registry', () => {
    for (const { name, zone, kind } of catalogue.hosts) {
      const domain = catalogue.domain(catalogue.registeredName(name) as Name);
      expect(kind).toBe(domain?.signed === true ? 'signed' : 'unsigned');
      expect(domain?.registry.apex).toBe(zone);
    }
  });

  test('both kinds are there', () => {
    const kinds = new Set(catalogue.hosts.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['signed', 'unsigned']);
  });

  test('a plan whose catalogue is too small for its traffic is refused', () => {
    const traffic = { ...plan.traffic, names: 100_000 };
    expect(() => new Catalogue(smallPlan({ traffic }))).toThrow('host names');
  });

  test('a domain that no registry of the plan can delegate is refused', () => {
    expect(() => new Catalogue(smallPlan({ catalogue: ['a.example'] }))).toThrow('a.example');
    expect(() => new Catalogue(smallPlan({ catalogue: ['www.laden0.de'] }))).toThrow(
      'www.laden0.de',
    );
  });
});

describe('domains', () => {
  test('hosters serve only the TLDs that are theirs', () => {
    for (const domain of catalogue.domains.filter(({ role }) => role === 'catalogue')) {
      const hoster = plan.hosting.hosters.find(({ operator }) => operator === domain.operator);
      expect(hoster).toBeDefined();
      expect(hoster?.tlds.length === 0 || hoster?.tlds.includes(domain.registry.apex)).toBe(true);
    }
  });

  test('the domains of server names are served by the operator of those servers, and are not broken', () => {
    const domain = catalogue.domain(Name.parse('nic.de'));
    expect(domain).toMatchObject({ role: 'infrastructure', operator: 'denic', broken: null });
    expect(domain?.servers.map(({ name }) => name)).toEqual(['a.nic.de', 'f.nic.de']);
  });

  test('the most popular domains are never broken', () => {
    const broken = plan.hosting.broken.map((item) => ({ ...item, share: 0.25 }));
    const all = new Catalogue(smallPlan({ hosting: { ...plan.hosting, broken } }));
    const listed = plan.catalogue.map((text) => all.domain(Name.parse(text)));
    expect(listed.slice(0, BROKEN_FROM_RANK).every((domain) => domain?.broken === null)).toBe(true);
    expect(listed.slice(BROKEN_FROM_RANK).every((domain) => domain?.broken !== null)).toBe(true);
  });

  test('what breaks signatures breaks signed domains only', () => {
    for (const { broken, signed } of catalogue.domains) {
      if (broken === 'expired-signatures' || broken === 'wrong-ds') expect(signed).toBe(true);
    }
  });

  test('aliases lead to hosts of the target domains, and never start at an apex', () => {
    const aliases = catalogue.hosts.flatMap(({ name }) => {
      const domain = catalogue.domain(catalogue.registeredName(name) as Name);
      const alias = domain === undefined ? null : catalogue.traits(name, domain).alias;
      return alias === null ? [] : [{ name, alias }];
    });
    expect(aliases.length).toBeGreaterThan(10);
    for (const { name, alias } of aliases) {
      expect(name.labelCount).toBe(3);
      const target = catalogue.domain(alias.parent);
      expect(target?.hosts.some((host) => host.equals(alias))).toBe(true);
    }
  });
});

describe('names that do not exist', () => {
  test('there are as many as the traffic asks for, and none is a host or below a wildcard', () => {
    expect(catalogue.missing).toHaveLength(plan.traffic.missing.names);
    expect(new Set(catalogue.missing.map(({ name }) => name.key)).size).toBe(40);
    for (const { name, kind } of catalogue.missing) {
      expect(kind).toBe('missing');
      const domain = catalogue.domain(catalogue.registeredName(name) as Name);
      expect(domain?.wildcard ?? false).toBe(false);
      expect(domain?.hosts.some((host) => host.equals(name)) ?? false).toBe(false);
    }
  });

  test('some are missing in their domain and some in their registry', () => {
    const levels = new Set(catalogue.missing.map(({ name }) => name.labelCount));
    expect([...levels].sort()).toEqual([2, 3]);
  });
});

describe('one-off names', () => {
  const draws = Array.from({ length: 300 }, (_, i) => [i * 14_316_557, (i * 2_654_435_761) >>> 0]);

  test('tail names are registered and unsigned', () => {
    for (const [a, b] of draws) {
      const host = catalogue.oneOff('tail', a as number, b as number);
      const domain = catalogue.domain(catalogue.registeredName(host.name) as Name);
      expect(domain).toMatchObject({ role: 'tail', signed: false });
      expect(host.kind).toBe('unsigned');
    }
  });

  test('unregistered names are in no registry', () => {
    for (const [a, b] of draws) {
      const { name, kind } = catalogue.oneOff('unregistered', a as number, b as number);
      expect(kind).toBe('missing');
      expect(catalogue.domain(name)).toBeUndefined();
    }
  });

  test('subdomains exist exactly below wildcards', () => {
    const kinds = new Set<string>();
    for (const [a, b] of draws) {
      const { name, kind } = catalogue.oneOff('subdomain', a as number, b as number);
      expect(kind === 'missing').toBe(catalogue.domain(name.parent)?.wildcard === false);
      kinds.add(kind);
    }
    expect(kinds.has('missing') && kinds.has('unsigned')).toBe(true);
  });

  test('junk names are under no zone but the root', () => {
    for (const [a, b] of draws) {
      const { name, zone, kind } = catalogue.oneOff('junkTld', a as number, b as number);
      expect({ zone, kind }).toEqual({ zone: '.', kind: 'missing' });
      expect(catalogue.zoneOf(name).apex).toBe('.');
    }
  });

  test('a registry with NSEC3 and no opt-out has no tail', () => {
    const zones = plan.zones.map((zone) =>
      zone.signing?.denial.kind === 'nsec3'
        ? {
            ...zone,
            signing: { ...zone.signing, denial: { ...zone.signing.denial, optOut: false } },
          }
        : zone,
    );
    const other = new Catalogue(smallPlan({ zones }));
    expect(other.tail(Name.parse('de')).size).toBe(0);
    expect(other.tail(Name.parse('se')).size).toBe(1_500_000);
  });
});
