import { describe, expect, it } from 'vitest';
import type { NetworkPlan, SitePlan } from '../plan.ts';
import { Links } from './link.ts';

const NETWORK: NetworkPlan = {
  regions: ['europe', 'america'],
  rtt: [
    [10_000, 90_000],
    [90_000, 12_000],
  ],
  spread: 0.2,
  jitter: 2_000,
  udpSize: 1232,
};
const EUROPE = { index: 0, name: 'fra', region: 'europe' };
const AMERICA = { index: 1, name: 'iad', region: 'america' };
const AT = 0;

function site(region: string, rest: Partial<SitePlan> = {}): SitePlan {
  return { name: region, region, loss: 0, delay: 0, behaviour: 'answer', ...rest };
}

function links(sites: readonly SitePlan[], network = NETWORK, colo = EUROPE): Links {
  const plan = { name: 'ns.example', address: '192.0.2.1', sites };
  return new Links({ seed: 1, network, operators: [] }, colo, [{ operator: 'it', plan }], []);
}

function key(ordinal: number): { source: number; ordinal: number; attempt: number } {
  return { source: 3, ordinal, attempt: 0 };
}

describe('Links', () => {
  it('lead to the site with the least round trip, added delay included', () => {
    const sites = [site('america'), site('europe')];
    expect(links(sites).path(0, AT).site).toBe(1);
    expect(links(sites, NETWORK, AMERICA).path(0, AT).site).toBe(0);
    expect(links([site('america'), site('europe', { delay: 200_000 })]).path(0, AT).site).toBe(0);
  });

  it('spread round trips by the path, within the spread, and the same each time', () => {
    const rtts = Array.from({ length: 200 }, (_, index) => {
      const plan = { name: 'n', address: '192.0.2.1', sites: [site('europe')] };
      const servers = Array.from({ length: index + 1 }, () => ({ operator: 'it', plan }));
      const world = { seed: 1, network: NETWORK, operators: [] };
      return new Links(world, EUROPE, servers, []).path(index, AT).rtt;
    });
    expect(Math.min(...rtts)).toBeGreaterThanOrEqual(8_000);
    expect(Math.max(...rtts)).toBeLessThanOrEqual(12_000);
    expect(new Set(rtts).size).toBeGreaterThan(150);
    expect(links([site('europe')]).path(0, AT).rtt).toBe(rtts[0]);
  });

  it('add an exponential jitter with the mean of the plan, keyed by lookup and send', () => {
    const path = links([site('europe')]);
    const { rtt } = path.path(0, AT);
    const n = 20_000;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += path.exchange(0, 'udp', key(i), 0, AT) - rtt;
    expect(Math.abs(sum / n - 2_000)).toBeLessThan((4 * 2_000) / Math.sqrt(n));
    expect(path.exchange(0, 'udp', key(1), 0, AT)).toBe(path.exchange(0, 'udp', key(1), 0, AT));
    expect(path.exchange(0, 'udp', key(1), 1, AT)).not.toBe(path.exchange(0, 'udp', key(1), 0, AT));
  });

  it('lose the share of exchanges that the site loses; all of them at a silent site', () => {
    const n = 20_000;
    const lossy = links([site('europe', { loss: 0.3 })]);
    let lost = 0;
    for (let i = 0; i < n; i++) if (lossy.exchange(0, 'udp', key(i), 0, AT) < 0) lost++;
    expect(Math.abs(lost - 0.3 * n)).toBeLessThan(4 * Math.sqrt(n * 0.21));
    const silent = links([site('europe', { behaviour: 'silent' })]);
    for (let i = 0; i < 100; i++) expect(silent.exchange(0, 'udp', key(i), 0, AT)).toBe(-1);
  });

  it('take a second round trip over TCP', () => {
    const path = links([site('europe')], { ...NETWORK, jitter: 0 });
    const { rtt } = path.path(0, AT);
    expect(path.exchange(0, 'udp', key(1), 0, AT)).toBe(rtt);
    expect(path.exchange(0, 'tcp', key(1), 0, AT)).toBe(2 * rtt);
  });
});
