/** Which site of an anycast server a colo meets, and from when on. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR, type Micros } from '../../resolver-core/time.ts';
import type { RoutePlan, SiteAct, SitePlan, TimelineAct } from '../plan.ts';
import { type Met, sitesMet } from './anycast.ts';

const NAMES = ['singapore', 'tokyo', 'dallas', 'paris'] as const;
const TRIPS: readonly Micros[] = [3_000, 70_000, 180_000, 160_000];
const SITES: readonly SitePlan[] = NAMES.map((name) => ({
  ...{ name, region: name, loss: 0, delay: 0, behaviour: 'answer' },
}));
const IPV4 = { name: 'a.gtld', address: '198.18.1.1', sites: SITES };
const IPV6 = { ...IPV4, address: '2001:2:0:1::1' };
const WAS: Micros = Number.NEGATIVE_INFINITY;

function route(site: string, over: Partial<RoutePlan> = {}): RoutePlan {
  return { colos: [], family: null, servers: [], site, ...over };
}

function withdraw(at: Micros, sites: readonly string[], lifts = false): SiteAct {
  return { kind: 'withdraw', at, operator: 'gtld', sites, lifts };
}

function reroute(at: Micros, to: RoutePlan, lifts = false): SiteAct {
  return { kind: 'reroute', at, operator: 'gtld', route: to, lifts };
}

function met(
  timeline: readonly TimelineAct[],
  catchments: readonly RoutePlan[] = [],
  server: Parameters<typeof sitesMet>[2] = IPV4,
  colo = 'sin',
): (readonly [Micros, string])[] {
  return sitesMet(colo, { id: 'gtld', catchments }, server, TRIPS, timeline).map(named);
}

function named({ from, site }: Met): readonly [Micros, string] {
  return [from, NAMES[site] ?? 'nowhere'];
}

describe('a colo meets', () => {
  it('the nearest site, where no route says otherwise', () => {
    expect(met([])).toEqual([[WAS, 'singapore']]);
  });

  it('the site of its catchment, of its family and of its server', () => {
    const catchments = [
      route('tokyo', { colos: ['sin'] }),
      route('paris', { colos: ['sin'], family: 6 }),
      route('dallas', { servers: ['b.gtld'] }),
    ];
    expect(met([], catchments)).toEqual([[WAS, 'tokyo']]);
    expect(met([], catchments, IPV6)).toEqual([[WAS, 'paris']]);
    expect(met([], catchments, { ...IPV4, name: 'b.gtld' })).toEqual([[WAS, 'dallas']]);
    expect(met([], catchments, IPV6, 'fra')).toEqual([[WAS, 'singapore']]);
  });

  it('the next nearest site when the nearest is withdrawn, and the nearest again when it is back', () => {
    const timeline = [withdraw(HOUR, ['singapore']), withdraw(2 * HOUR, ['singapore'], true)];
    expect(met(timeline)).toEqual([
      [WAS, 'singapore'],
      [HOUR, 'tokyo'],
      [2 * HOUR, 'singapore'],
    ]);
  });

  it('nobody when all sites are withdrawn', () => {
    expect(met([withdraw(HOUR, NAMES)])).toEqual([
      [WAS, 'singapore'],
      [HOUR, 'nowhere'],
    ]);
  });

  it('where the last reroute leads, and when it ends where the one before leads', () => {
    const [first, second] = [route('dallas', { family: 4 }), route('paris')];
    const timeline = [reroute(1, first), reroute(2, second), reroute(3, second, true)];
    expect(met(timeline)).toEqual([
      [WAS, 'singapore'],
      [1, 'dallas'],
      [2, 'paris'],
      [3, 'dallas'],
    ]);
    expect(met(timeline.slice(0, 1), [], IPV6)).toEqual([[WAS, 'singapore']]);
  });

  it('the next site that a route leads to when the one of the last is withdrawn', () => {
    const timeline = [reroute(1, route('dallas')), withdraw(2, ['dallas'])];
    expect(met(timeline, [route('paris')]).at(-1)).toEqual([2, 'paris']);
  });

  it('a site only where the server stands', () => {
    const only = { ...IPV4, sites: SITES.slice(1) };
    const there = sitesMet('sin', { id: 'gtld', catchments: [] }, only, TRIPS.slice(1), [
      reroute(1, route('singapore')),
      withdraw(2, ['singapore']),
    ]);
    expect(there).toEqual([{ from: WAS, site: 0 }]);
  });

  it('the same site as ever when other operators withdraw and reroute', () => {
    const timeline = [withdraw(1, NAMES), reroute(2, route('paris'))].map((act) => ({
      ...act,
      operator: 'other',
    }));
    expect(met(timeline)).toEqual([[WAS, 'singapore']]);
  });
});

describe('routes', () => {
  const site = fc.constantFrom(...NAMES);
  const act: fc.Arbitrary<SiteAct> = fc.oneof(
    fc.tuple(site, fc.boolean()).map(([name, lifts]) => withdraw(0, [name], lifts)),
    fc.tuple(site, fc.constantFrom(4, 6, null)).map(([to, family]) => {
      return reroute(0, route(to, { family }));
    }),
  );

  it('never lead to a site that is withdrawn, and somewhere whenever one is not', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), fc.boolean(), (acts, isV6) => {
        const timeline = acts.map((each, at) => ({ ...each, at }));
        const all = met(timeline, [], isV6 ? IPV6 : IPV4);
        for (const [at] of timeline.entries()) {
          const gone = new Set<string>();
          for (const each of timeline.slice(0, at + 1)) {
            if (each.kind !== 'withdraw') continue;
            for (const name of each.sites) {
              if (each.lifts) gone.delete(name);
              else gone.add(name);
            }
          }
          const now = all.findLast(([from]) => from <= at)?.[1] ?? '';
          expect(gone.has(now)).toBe(false);
          expect(now === 'nowhere').toBe(gone.size === NAMES.length);
        }
      }),
    );
  });

  it('tell each change once, in order of time', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
        const all = met(acts.map((each, at) => ({ ...each, at })));
        for (const [i, [from, name]] of all.entries()) {
          if (i === 0) continue;
          expect(from).toBeGreaterThan(all[i - 1]?.[0] ?? 0);
          expect(name).not.toBe(all[i - 1]?.[1]);
        }
      }),
    );
  });
});
