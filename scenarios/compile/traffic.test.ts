/** Who asks from where and when: what the language becomes, and what is refused. */

import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import type { TrafficPlan } from '../../sim/plan.ts';
import { errorsOver, INCIDENT, planOfFiles } from '../testing/files.ts';

function trafficWith(lines: string): TrafficPlan {
  return planOfFiles({
    'names.txt': 'example.com\n',
    'main.yaml': `{ extends: ${INCIDENT}, names: names.txt, expect: [], published: [],
${lines}
}
`,
  }).traffic;
}

/** Asia's clients beside those of the world; asia is nearer to fra (170 ms) than to iad (180 ms). */
function asia(rest: string): TrafficPlan['regions'][number] | undefined {
  const region = `asia: { lookups-per-second: 10, ${rest} }`;
  const { regions } = trafficWith(`traffic: { names: 4, day: ~, regions: { ${region} } }`);
  return regions.find(({ name }) => name === 'asia');
}

describe('a region of clients', () => {
  it('is caught by the nearest colo, and asks alike at all hours, unless something else is said', () => {
    expect(asia('')).toEqual({
      name: 'asia',
      lookupsPerSecond: 10,
      day: new Array<number>(24).fill(1),
      utcOffset: 0,
      catchment: [{ colo: 'fra', share: 1 }],
    });
  });

  it('is caught by the first by name of colos that are as near', () => {
    const colos =
      'cluster: { colos: { zrh: { region: asia, nodes: 1 }, ams: { region: asia, nodes: 1 } } }';
    const { regions } = trafficWith(
      `${colos}, traffic: { names: 4, regions: { asia: { lookups-per-second: 1 } } }`,
    );
    expect(regions.at(-1)?.catchment).toEqual([{ colo: 'ams', share: 1 }]);
  });

  it('is caught by the colos that are named, with shares that come to 1', () => {
    const caught = asia('utc-offset: +5h30m, catchment: { iad: 20%, fra: 60% }');
    expect(caught?.utcOffset).toBe(5 * HOUR + 30 * MINUTE);
    expect(caught?.catchment).toEqual([
      { colo: 'iad', share: 0.25 },
      { colo: 'fra', share: 0.6 / 0.8 },
    ]);
  });

  it('follows the one curve of the day, scaled to a mean of 1', () => {
    const weights = Array.from({ length: 24 }, (_, hour) => 10 * hour);
    const { regions } = trafficWith(`traffic: { names: 4, day: [${weights}] }`);
    for (const { day } of regions) {
      expect(day.reduce((sum, factor) => sum + factor, 0) / 24).toBeCloseTo(1, 12);
      expect((day[20] as number) / (day[5] as number)).toBeCloseTo(4, 12);
    }
  });

  it.each([
    [
      'a region that is none',
      'traffic: { names: 4, regions: { asai: { lookups-per-second: 1 } } }',
      'main.yaml:2:33: region "asai"; expected one of europe, north-america, asia (did you mean "asia"?)',
    ],
    [
      'a colo that is none',
      'traffic: { names: 4, regions: { asia: { lookups-per-second: 1, catchment: { fro: 1 } } } }',
      'main.yaml:2:77: colo "fro"; expected one of fra, iad (did you mean "fra"?)',
    ],
    [
      'more than all clients',
      'traffic: { names: 4, regions: { asia: { lookups-per-second: 1, catchment: { fra: 70%, iad: 40% } } } }',
      'main.yaml:2:75: shares of 110%; expected at most 100% in all (colos of a catchment)',
    ],
    [
      'clients that no colo catches',
      'traffic: { names: 4, regions: { asia: { lookups-per-second: 1, catchment: { fra: 0 } } } }',
      'main.yaml:2:75: none; expected at least one colo with a share above 0',
    ],
    [
      'a rate at a colo',
      'cluster: { colos: { fra: { lookups-per-second: 3 } } }',
      'main.yaml:2:28: unknown key "lookups-per-second"; expected one of region, nodes',
    ],
    [
      'a day of another length',
      'traffic: { names: 4, day: [1, 2, 3] }',
      'main.yaml:2:27: 3 of them; expected 24 numbers, one for each hour of the day',
    ],
    [
      'a day without traffic',
      `traffic: { names: 4, day: [${new Array(24).fill(0)}] }`,
      'main.yaml:2:27: none; expected at least one hour above 0',
    ],
    [
      'no clients at all',
      'traffic: { names: 4, regions: { europe: { lookups-per-second: 0 }, north-america: { lookups-per-second: 0 } } }',
      'main.yaml:2:31: none; expected at least one region with "lookups-per-second" above 0',
    ],
  ])('refuses %s', (_, line, error) => {
    expect(errorsOver(line)).toEqual([error]);
  });
});
