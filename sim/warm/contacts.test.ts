import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, type Micros, SECOND } from '../../resolver-core/time.ts';
import { mix } from '../engine/random.ts';
import { type Caller, type Contact, neededContacts } from './contacts.ts';
import { lastMissAge, missRate } from './last-miss.ts';

const ZONES = 2_500;

interface Zone {
  readonly callers: readonly Caller[];
  readonly contacts: readonly Contact[];
}

/** Many zones alike, each with questions of these rates (per second) and TTLs (in seconds). */
function zones(
  lives: readonly Micros[],
  asked: readonly (readonly [number, number])[],
  stale: Micros = 0,
): Zone[] {
  return Array.from({ length: ZONES }, (_, zone) => {
    const callers = asked.map(([perSecond, seconds], index): Caller => {
      const [rate, ttl] = [perSecond / 1e6, seconds * SECOND];
      const draw = (k: number): number => mix(1, 200, zone, index, k);
      const lastMiss = lastMissAge(rate, ttl, draw(0), draw(1));
      return { rate, ttl, lastMiss, isHeld: lastMiss < ttl + stale };
    });
    const contacts = neededContacts(lives, callers, (k) => mix(1, 201, zone, k));
    return { callers, contacts };
  });
}

/** What a resolver would make of the history: the age of what lives for `life`, or null when it has run out. */
function relived({ callers, contacts }: Zone, life: Micros): Micros | null {
  const held = callers.filter(({ isHeld }) => isHeld).map(({ lastMiss }) => lastMiss);
  const ages = [...held, ...contacts.map(({ age }) => age)].sort((a, b) => b - a);
  let made = Number.POSITIVE_INFINITY;
  for (const age of ages) if (made - age >= life) made = age;
  return made < life ? made : null;
}

function tolerance(share: number, samples: number): number {
  return 5 * Math.sqrt((share * (1 - share)) / samples);
}

/** The last miss of one question in seven may lie between, so that it is no plain Poisson process. */
const BUSY = [
  [0.02, 300],
  [0.01, 60],
  [0.004, 3600],
] as const;

describe('the contacts of a zone', () => {
  for (const [name, asked] of [
    ['often', BUSY],
    ['now and then', [[0.0003, 300] as const]],
    ['hardly ever', [[0.00002, 300] as const]],
  ] as const) {
    it(`leave what lives for two hours alive with muD/(1+muD), its age uniform, where asked ${name}`, () => {
      const life = 2 * HOUR;
      const ages = zones([life], asked).map((zone) => relived(zone, life));
      const alive = ages.filter((age) => age !== null);
      const mu = asked.reduce((sum, [r, t]) => sum + missRate(r / 1e6, t * SECOND), 0);
      const share = (mu * life) / (1 + mu * life);
      expect(Math.abs(alive.length / ZONES - share)).toBeLessThan(tolerance(share, ZONES) + 0.01);
      for (const quantile of [0.1, 0.3, 0.5, 0.7, 0.9]) {
        const below = alive.filter((age) => age < quantile * life).length / alive.length;
        expect(Math.abs(below - quantile)).toBeLessThan(tolerance(quantile, alive.length) + 0.02);
      }
    });
  }

  it('let each kind of data be of its own age', () => {
    const lives = [DAY, HOUR, 50 * MINUTE];
    const made = zones(lives, BUSY).map((zone) => lives.map((life) => relived(zone, life)));
    const inStep = made.filter(([, proof, keys]) => proof !== null && proof === keys);
    expect(inStep.length / ZONES).toBeLessThan(0.15);
    const days = made.map(([age]) => age ?? DAY);
    expect(days.filter((age) => age < DAY / 2).length / ZONES).toBeCloseTo(0.5, 1);
  });

  it('are few, however long and often the zone was asked', () => {
    const made = zones([DAY, 2 * HOUR, HOUR], BUSY, 6 * HOUR);
    const most = Math.max(...made.map(({ contacts }) => contacts.length));
    expect(most).toBeLessThanOrEqual(2 * (BUSY.length + 3));
  });

  it('are misses: no question is asked again while its answer is fresh', () => {
    for (const { callers, contacts } of zones([2 * HOUR, HOUR], BUSY, 6 * HOUR)) {
      for (const [index, { ttl, lastMiss }] of callers.entries()) {
        const ages = contacts.filter(({ caller }) => caller === index).map(({ age }) => age);
        for (const [i, age] of ages.entries()) {
          if (age === lastMiss) continue;
          expect(age - (ages[i + 1] ?? lastMiss)).toBeGreaterThanOrEqual(ttl);
        }
      }
    }
  });
});
