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
const EUROPE = { index: 0, region: 'europe' };

function site(region: string, rest: Partial<SitePlan> = {}): SitePlan {
  return { region, loss: 0, delay: 0, behaviour: 'answer', ...rest };
}

function links(sites: readonly SitePlan[], network = NETWORK, colo = EUROPE): Links {
  return new Links(1, network, colo, [{ name: 'ns.example', sites }]);
}

function key(ordinal: number): { source: number; ordinal: number; attempt: number } {
  return { source: 3, ordinal, attempt: 0 };
}

describe('Links', () => {
  it('lead to the site with the least round trip, added delay included', () => {
    const sites = [site('america'), site('europe')];
    expect(links(sites).path(0).site).toBe(1);
    expect(links(sites, NETWORK, { index: 1, region: 'america' }).path(0).site).toBe(0);
    expect(links([site('america'), site('europe', { delay: 200_000 })]).path(0).site).toBe(0);
  });

  it('spread round trips by the path, within the spread, and the same each time', () => {
    const rtts = Array.from({ length: 200 }, (_, index) => {
      const servers = Array.from({ length: index + 1 }, () => ({
        name: 'n',
        sites: [site('europe')],
      }));
      return new Links(1, NETWORK, EUROPE, servers).path(index).rtt;
    });
    expect(Math.min(...rtts)).toBeGreaterThanOrEqual(8_000);
    expect(Math.max(...rtts)).toBeLessThanOrEqual(12_000);
    expect(new Set(rtts).size).toBeGreaterThan(150);
    expect(links([site('europe')]).path(0).rtt).toBe(rtts[0]);
  });

  it('add an exponential jitter with the mean of the plan, keyed by lookup and send', () => {
    const path = links([site('europe')]);
    const { rtt } = path.path(0);
    const n = 20_000;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += path.exchange(0, 'udp', key(i), 0) - rtt;
    expect(Math.abs(sum / n - 2_000)).toBeLessThan((4 * 2_000) / Math.sqrt(n));
    expect(path.exchange(0, 'udp', key(1), 0)).toBe(path.exchange(0, 'udp', key(1), 0));
    expect(path.exchange(0, 'udp', key(1), 1)).not.toBe(path.exchange(0, 'udp', key(1), 0));
  });

  it('lose the share of exchanges that the site loses; all of them at a silent site', () => {
    const n = 20_000;
    const lossy = links([site('europe', { loss: 0.3 })]);
    let lost = 0;
    for (let i = 0; i < n; i++) if (lossy.exchange(0, 'udp', key(i), 0) < 0) lost++;
    expect(Math.abs(lost - 0.3 * n)).toBeLessThan(4 * Math.sqrt(n * 0.21));
    const silent = links([site('europe', { behaviour: 'silent' })]);
    for (let i = 0; i < 100; i++) expect(silent.exchange(0, 'udp', key(i), 0)).toBe(-1);
  });

  it('take a second round trip over TCP', () => {
    const path = links([site('europe')], { ...NETWORK, jitter: 0 });
    const { rtt } = path.path(0);
    expect(path.exchange(0, 'udp', key(1), 0)).toBe(rtt);
    expect(path.exchange(0, 'tcp', key(1), 0)).toBe(2 * rtt);
  });
});
