/** The store of zone cuts against a Map: how many it holds, which ones, and which one is the closest. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { FixedServers, isUsable, ZoneCut, ZoneCuts } from './zone-cuts.ts';

/** A tree of names, three levels below the root. */
const NAMES = ['a', 'b', 'c'].flatMap((top) =>
  ['', 'x.', 'y.', 'z.x.', 'w.x.', 'v.y.'].map((below) => Name.parse(`${below}${top}`)),
);
const CAPACITY = 5;

const anyName = fc.nat(NAMES.length - 1).map((index) => NAMES[index] as Name);

const step = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant('ensure' as const),
      name: anyName,
      lifetime: fc.nat(30),
    }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('get' as const), name: anyName }) },
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('closest' as const), name: anyName }) },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant('wait' as const), time: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const seen = { evictions: 0, closest: 0, passed: 0, root: 0 };

class Both {
  readonly #root = new ZoneCut(Name.root, null);
  readonly #cuts = new ZoneCuts(this.#root, CAPACITY);
  /** The last cut made for each name, held or evicted. */
  readonly #made = new Map<string, ZoneCut>();
  #clock = 0;

  run(next: Step): void {
    switch (next.kind) {
      case 'ensure':
        this.#ensure(next.name, next.lifetime);
        break;
      case 'get':
        this.#get(next.name);
        break;
      case 'closest':
        this.#closest(next.name);
        break;
      case 'wait':
        this.#clock += next.time;
        break;
      case 'clear':
        this.#cuts.clear();
        this.#made.clear();
        break;
    }
  }

  /** How many of all names have a cut. */
  held(): number {
    return NAMES.filter((name) => this.#cuts.get(name) !== undefined).length;
  }

  #ensure(name: Name, lifetime: number): void {
    const cut = this.#cuts.ensure(name, this.#cuts.closest(name.parent, this.#clock, null));
    const known = this.#made.get(name.key);
    if (cut !== known) {
      // Made anew, though it was there before: it was evicted, and comes without what it knew.
      if (known !== undefined) seen.evictions++;
      expect(cut.delegation).toBeNull();
    }
    this.#made.set(name.key, cut);
    const server = { name: Name.parse('ns.elsewhere'), addresses: [], addressesExpireAt: 0 };
    const expiresAt = this.#clock + lifetime;
    cut.delegation = { rank: 'referral', nameServers: [server], expiresAt };
    expect(cut.name).toBe(name);
    expect(this.#cuts.get(name)).toBe(cut);
  }

  #get(name: Name): void {
    const cut = this.#cuts.get(name);
    if (cut !== undefined) expect(cut).toBe(this.#made.get(name.key));
  }

  #closest(name: Name): void {
    const found = this.#cuts.closest(name, this.#clock, null);
    expect(name.isAtOrBelow(found.name)).toBe(true);
    if (found === this.#root) seen.root++;
    else {
      expect(found).toBe(this.#made.get(found.name.key));
      expect(this.#isAlive(found)).toBe(true);
      seen.closest++;
    }
    // Nothing that is held, alive and deeper was passed over.
    for (let at = name; at.labelCount > found.name.labelCount; at = at.parent) {
      const passed = this.#cuts.get(at);
      if (passed === undefined) continue;
      expect(this.#isAlive(passed)).toBe(false);
      seen.passed++;
    }
  }

  /** Its servers can be found, and no delegation above it has run out. */
  #isAlive(cut: ZoneCut): boolean {
    let alive = isUsable(cut, this.#clock);
    for (let at = cut.parent; at !== null; at = at.parent) {
      const { delegation } = at;
      if (delegation !== null && this.#clock >= delegation.expiresAt) alive = false;
    }
    return alive;
  }
}

describe('zone cuts (property)', () => {
  it('never holds more than its bound, nor another name, and finds the closest that is alive', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 30, maxLength: 150 }), (steps) => {
        const both = new Both();
        for (const each of steps) both.run(each);
        expect(both.held()).toBeLessThanOrEqual(CAPACITY);
      }),
      { seed: 31, numRuns: 300 },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(400);
  });

  it('evicts the oldest cut that was not used since the last pass', () => {
    const root = new ZoneCut(Name.root, null);
    const cuts = new ZoneCuts(root, 3);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((text) => Name.parse(text)) as [
      Name,
      Name,
      Name,
      Name,
    ];
    for (const name of [a, b, c]) cuts.ensure(name, root);
    cuts.get(a);
    cuts.ensure(d, root);
    expect([a, b, c, d].map((name) => cuts.get(name) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('keeps zones with fixed servers beside its bound, however many and however small the bound', () => {
    const root = new ZoneCut(Name.root, null);
    const cuts = new ZoneCuts(root, 2);
    const [fixed, others] = [NAMES.slice(0, 6), NAMES.slice(6)];
    for (const zone of fixed) cuts.fix(new FixedServers(zone, 'stub', false, [], false));
    for (const name of others) cuts.ensure(name, root);
    const held = (names: readonly Name[]): number =>
      names.filter((name) => cuts.get(name) !== undefined).length;
    expect([held(fixed), held(others)]).toEqual([6, 2]);
  });
});
