/** Marks and negative trust anchors (RFC 7646) over zones that are really signed and really broken. */

import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { RECOMMENDED_SERVE_STALE } from '../resolver-core/config.ts';
import { Name } from '../resolver-core/name/name.ts';
import { DEFAULT_NEGATIVE_ANCHOR, type NegativeAnchor } from '../resolver-core/policy/nta.ts';
import { parseRule } from '../resolver-core/policy/rule-text.ts';
import type { Rule } from '../resolver-core/policy/rules.ts';
import { HOUR, MILLISECOND, MINUTE, SECOND } from '../resolver-core/time.ts';
import { Anchors } from '../resolver-core/validate/anchors.ts';
import { EDE, RCODE, TYPE } from '../resolver-core/wire/iana.ts';
import { damaged, SignedWorld, unsigned, type ZoneSpec } from './testing/signed-world.ts';

const ZONES: Readonly<Record<string, ZoneSpec>> = {
  de: {},
  'signed.de': { records: 'www A 203.0.113.1\nnew A 203.0.113.2\nother CNAME www' },
  'plain.de': { records: 'www A 203.0.113.3', signed: false },
  org: {},
  'alias.org': { records: 'www CNAME www.signed.de.\nhere A 203.0.113.4' },
};

const MARK_DE = markOf('de');
const DE = Name.parse('de');
const SECURE = { rcode: RCODE.NOERROR, authenticated: true };
const PLAIN = { rcode: RCODE.NOERROR, authenticated: false };
const FAILED = { rcode: RCODE.SERVFAIL };

function markOf(zone: string): Rule {
  const parsed = parseRule(`phase = validation subtree = ${zone} mark-insecure`);
  if ('kind' in parsed) throw new Error(parsed.message);
  return parsed;
}

/** What the signer of .de did: what it says about delegations, and about itself, is badly signed. */
function breakDe(world: SignedWorld): void {
  world.edit('de', damaged(TYPE.DS, TYPE.NSEC, TYPE.SOA));
}

function mark(world: SignedWorld, rule = MARK_DE): void {
  world.pair.change({ kind: 'apply-rule', rule });
}

function unmark(world: SignedWorld, rule = MARK_DE): void {
  world.pair.change({ kind: 'lift-rule', rule });
}

function anchor(world: SignedWorld, over: Partial<NegativeAnchor> = {}): void {
  const given = { zone: DE, ...DEFAULT_NEGATIVE_ANCHOR, ...over };
  world.pair.change({ kind: 'apply-anchor', anchor: given });
}

function lift(world: SignedWorld): void {
  world.pair.change({ kind: 'lift-anchor', zone: DE });
}

let world: SignedWorld;
beforeEach(() => {
  world = new SignedWorld(ZONES);
});

describe('a zone that is marked insecure', () => {
  it('behaves as if it were unsigned, at once: what failed before is asked anew', () => {
    breakDe(world);
    expect(world.ask('www.signed.de')).toMatchObject(FAILED);
    expect(world.ask('www.plain.de')).toMatchObject(FAILED);
    mark(world);
    expect(world.ask('www.signed.de')).toMatchObject({ ...PLAIN, source: 'miss', codes: [] });
    expect(world.ask('www.plain.de')).toMatchObject(PLAIN);
    expect(world.ask('www.signed.de')).toMatchObject({ ...PLAIN, source: 'hit' });
  });

  it('loses AD on what was cached as secure, and has it again when the mark is lifted', () => {
    expect(world.ask('www.signed.de')).toMatchObject(SECURE);
    mark(world);
    expect(world.ask('www.signed.de')).toMatchObject({ ...PLAIN, source: 'hit', asked: [] });
    unmark(world);
    expect(world.ask('www.signed.de')).toMatchObject({ ...SECURE, source: 'hit', asked: [] });
  });

  it('is validated again once the mark is lifted', () => {
    breakDe(world);
    mark(world);
    expect(world.ask('www.signed.de')).toMatchObject(PLAIN);
    unmark(world);
    expect(world.ask('new.signed.de')).toMatchObject(FAILED);
    world.edit('de', undefined);
    world.pass(120);
    expect(world.ask('new.signed.de')).toMatchObject(SECURE);
    world.pass(300);
    expect(world.ask('www.signed.de')).toMatchObject(SECURE);
  });

  it('leaves nothing that chains are built from: what came of DS meanwhile is asked for again', () => {
    mark(world);
    expect(world.ask('signed.de', TYPE.DS)).toMatchObject(PLAIN);
    unmark(world);
    expect(world.ask('www.signed.de')).toMatchObject(SECURE);
    expect(world.ask('signed.de', TYPE.DS)).toMatchObject(SECURE);
  });

  it('has keys that are not validated either, and nothing of that stays', () => {
    world.ask('www.signed.de');
    world.edit('signed.de', damaged(TYPE.DNSKEY));
    mark(world);
    world.pass(3600);
    expect(world.ask('signed.de', TYPE.DNSKEY)).toMatchObject(PLAIN);
    world.edit('signed.de', undefined);
    unmark(world);
    world.pass(3600);
    expect(world.ask('www.signed.de')).toMatchObject(SECURE);
    const cold = new SignedWorld(ZONES);
    mark(cold);
    expect(cold.ask('signed.de', TYPE.DNSKEY)).toMatchObject(PLAIN);
    unmark(cold);
    expect(cold.ask('www.signed.de')).toMatchObject(SECURE);
  });

  it('takes AD and the failure from aliases of other zones that lead into it', () => {
    expect(world.ask('www.alias.org')).toMatchObject(SECURE);
    mark(world);
    expect(world.ask('www.alias.org')).toMatchObject({ ...PLAIN, source: 'hit' });
    const cold = new SignedWorld(ZONES);
    breakDe(cold);
    expect(cold.ask('www.alias.org')).toMatchObject(FAILED);
    mark(cold);
    expect(cold.ask('www.alias.org')).toMatchObject({ ...PLAIN, source: 'miss' });
  });

  it('is all that is touched: other names keep answer, AD and failure', () => {
    world.ask('here.alias.org');
    world.edit('org', damaged(TYPE.DS, TYPE.NSEC, TYPE.SOA));
    expect(world.ask('nothing.org')).toMatchObject(FAILED);
    mark(world);
    expect(world.ask('here.alias.org')).toMatchObject({ ...SECURE, source: 'hit' });
    expect(world.ask('nothing.org')).toMatchObject({ source: 'failure-cached' });
  });

  it('is answered for with fresh data in place of stale ones, within the recheck time', () => {
    world = new SignedWorld(ZONES, { serveStale: RECOMMENDED_SERVE_STALE });
    world.ask('www.signed.de');
    breakDe(world);
    world.pass(86_500);
    expect(world.ask('www.signed.de')).toMatchObject({ source: 'stale', authenticated: true });
    expect(world.ask('www.signed.de')).toMatchObject({ source: 'stale', asked: [] });
    mark(world);
    expect(world.ask('www.signed.de')).toMatchObject({ ...PLAIN, source: 'miss' });
  });

  it('still has its stale answers when its servers are silent', () => {
    world = new SignedWorld(ZONES, { serveStale: RECOMMENDED_SERVE_STALE });
    world.ask('www.signed.de');
    breakDe(world);
    world.pass(86_500);
    world.edit('signed.de', () => null);
    expect(world.ask('www.signed.de')).toMatchObject({ source: 'stale' });
    mark(world);
    expect(world.ask('www.signed.de')).toMatchObject({ source: 'stale', authenticated: false });
  });

  it('leaves its DS to its parent, which is validated as ever', () => {
    expect(world.ask('de', TYPE.DS)).toMatchObject(SECURE);
    mark(world);
    expect(world.ask('de', TYPE.DS)).toMatchObject({ ...SECURE, source: 'hit' });
    const cold = new SignedWorld(ZONES);
    mark(cold);
    expect(cold.ask('de', TYPE.DS)).toMatchObject(SECURE);
  });

  it('may have lost all its signatures: its servers are not asked again for them', () => {
    world.ask('www.signed.de');
    world.edit('signed.de', unsigned());
    mark(world);
    const { rcode, asked } = world.ask('new.signed.de');
    expect(rcode).toBe(RCODE.NOERROR);
    expect(asked).toEqual(['signed.de. new.signed.de. A']);
  });

  it('synthesises nothing from what was validated before', () => {
    world = new SignedWorld(ZONES, { aggressiveNsec: true });
    expect(world.ask('nobody.signed.de').rcode).toBe(RCODE.NXDOMAIN);
    expect(world.ask('nobody.else.signed.de').source).toBe('synthesised');
    mark(world);
    expect(world.ask('nobody.early.signed.de')).toMatchObject({
      source: 'miss',
      authenticated: false,
    });
  });

  it('does not keep what a fetch finds that was under way', () => {
    breakDe(world);
    const { pair } = world;
    const waiting = pair.query('www.signed.de');
    mark(world);
    const after = pair.query('www.signed.de');
    pair.drain();
    expect(pair.answers.get(waiting)).toBeDefined();
    expect(pair.answers.get(after)?.answer.rcode).toBe(RCODE.NOERROR);
    expect(world.ask('www.signed.de')).toMatchObject({ ...PLAIN, source: 'hit' });
  });
});

describe('RFC 7646: a negative trust anchor', () => {
  it('does not keep what others make of a fetch that was under way when it came', () => {
    world.ask('here.alias.org');
    breakDe(world);
    const { pair } = world;
    pair.query('www.alias.org');
    const isSent = (): boolean => pair.asked.some((line) => line.includes(' signed.de. '));
    while (!isSent()) pair.pass(MILLISECOND);
    anchor(world);
    pair.drain();
    expect(world.ask('www.alias.org')).toMatchObject({ ...PLAIN, source: 'miss' });
  });

  it('does not keep what a fetch finds that was under way when it goes', () => {
    anchor(world);
    const { pair } = world;
    pair.query('other.signed.de');
    lift(world);
    pair.drain();
    expect(world.ask('other.signed.de')).toMatchObject({ ...SECURE, source: 'miss' });
  });

  it('switches validation off at and below its name (section 1.1), and says so by EDE 33', () => {
    breakDe(world);
    expect(world.ask('www.signed.de')).toMatchObject(FAILED);
    anchor(world);
    const told = { ...PLAIN, codes: [EDE.NEGATIVE_TRUST_ANCHOR] };
    expect(world.ask('www.signed.de')).toMatchObject(told);
    expect(world.ask('www.plain.de')).toMatchObject(told);
    expect(world.ask('here.alias.org')).toMatchObject({ ...SECURE, codes: [] });
  });

  it('says nothing, if so wanted', () => {
    anchor(world, { explain: false });
    expect(world.ask('www.signed.de')).toMatchObject({ ...PLAIN, codes: [] });
  });

  it('flushes what is cached at and below its name, when it comes and when it goes (section 2.2)', () => {
    world.ask('www.signed.de');
    world.ask('here.alias.org');
    anchor(world);
    expect(world.ask('www.signed.de')).toMatchObject({ ...PLAIN, source: 'miss' });
    expect(world.ask('here.alias.org')).toMatchObject({ ...SECURE, source: 'hit' });
    lift(world);
    expect(world.ask('www.signed.de')).toMatchObject({ ...SECURE, source: 'miss' });
    expect(world.ask('here.alias.org')).toMatchObject({ ...SECURE, source: 'hit' });
  });

  it('leaves nothing behind that could be given as stale', () => {
    world = new SignedWorld(ZONES, { serveStale: RECOMMENDED_SERVE_STALE });
    world.ask('www.signed.de');
    anchor(world);
    world.edit('signed.de', () => null);
    expect(world.ask('www.signed.de')).toMatchObject(FAILED);
  });

  it('does not reach below a trust anchor that is deeper (section 1.1)', () => {
    const keys = world.keysOf('signed.de');
    const dnskey = world.ask('signed.de', TYPE.DNSKEY).answer[0] ?? null;
    expect(keys.length).toBeGreaterThan(0);
    const deeper = { zone: Name.parse('signed.de'), ds: null, dnskey };
    world = new SignedWorld(ZONES, {}, [deeper]);
    world.ask('www.signed.de');
    anchor(world);
    expect(world.ask('www.signed.de')).toMatchObject({ ...SECURE, source: 'hit' });
    expect(world.ask('new.signed.de')).toMatchObject(SECURE);
    expect(world.ask('www.plain.de')).toMatchObject(PLAIN);
    world.edit('signed.de', damaged(TYPE.A));
    world.pass(300);
    expect(world.ask('www.signed.de')).toMatchObject(FAILED);
  });

  it('goes before a trust anchor at its own name, the root too', () => {
    world.edit('.', damaged(TYPE.DS, TYPE.NSEC, TYPE.SOA, TYPE.DNSKEY));
    expect(world.ask('www.signed.de')).toMatchObject(FAILED);
    anchor(world, { zone: Name.root });
    expect(world.ask('www.signed.de')).toMatchObject(PLAIN);
  });

  it('ends with its life (section 2)', () => {
    breakDe(world);
    anchor(world, { lifetime: 3600, recheck: null });
    world.ask('www.signed.de');
    world.pair.pass(HOUR - SECOND);
    expect(world.ask('new.signed.de')).toMatchObject(PLAIN);
    expect(world.pair.anchorEnds).toEqual([]);
    world.pair.pass(SECOND);
    expect(world.ask('www.signed.de')).toMatchObject({ ...FAILED, source: 'miss' });
    expect(world.pair.anchorEnds).toEqual(['de. lifetime']);
  });

  it('stays as long as the name does not validate, and is lifted by a re-check when it does (section 2.1)', () => {
    breakDe(world);
    anchor(world, { lifetime: 86_400 });
    world.pair.pass(30 * MINUTE);
    expect(world.ask('www.signed.de')).toMatchObject(PLAIN);
    world.edit('de', undefined);
    world.pair.pass(4 * MINUTE);
    expect(world.ask('www.signed.de')).toMatchObject(PLAIN);
    world.pair.pass(2 * MINUTE);
    expect(world.ask('www.signed.de')).toMatchObject({ ...SECURE, source: 'miss' });
    expect(world.pair.anchorEnds).toEqual(['de. re-check']);
  });

  it('ends by the clock of its node, however that is set', () => {
    anchor(world, { lifetime: 3600, recheck: null });
    world.pair.setClock(-30 * MINUTE);
    world.pair.pass(HOUR);
    expect(world.pair.anchorEnds).toEqual([]);
    world.pair.setClock(20 * MINUTE);
    world.pair.pass(10 * MINUTE - SECOND);
    expect(world.pair.anchorEnds).toEqual([]);
    world.pair.pass(SECOND);
    expect(world.pair.anchorEnds).toEqual(['de. lifetime']);
  });

  it('is not said to end by itself when it is lifted', () => {
    anchor(world);
    lift(world);
    world.pair.pass(2 * HOUR);
    expect(world.pair.anchorEnds).toEqual([]);
  });

  it('is checked again with nothing that is cached: as if it did not exist', () => {
    world.ask('www.signed.de'); // DS, keys and proofs are good for a day
    breakDe(world);
    anchor(world, { lifetime: 86_400 });
    world.pair.pass(10 * MINUTE);
    expect(world.ask('new.signed.de')).toMatchObject(PLAIN);
    const asked = world.pair.asked.filter((line) => line.includes(`de. ${TYPE.NSEC} `));
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });

  it('stays when its servers are silent: that is no proof of health', () => {
    anchor(world, { lifetime: 86_400 });
    world.edit('de', () => null);
    world.pair.pass(12 * MINUTE);
    world.edit('de', undefined);
    expect(world.ask('www.signed.de')).toMatchObject(PLAIN);
  });

  it('is not lifted while a mark for the same name stands', () => {
    mark(world);
    anchor(world);
    lift(world);
    expect(world.ask('www.signed.de')).toMatchObject(PLAIN);
    unmark(world);
    expect(world.ask('new.signed.de')).toMatchObject(SECURE);
  });
});

describe('the price of a mark or an anchor', () => {
  const unvalidated = (name: string): boolean => {
    const client = world.pair.query(name);
    world.pair.drain();
    return world.pair.answers.get(client)?.unvalidated ?? false;
  };

  it('is every answer that was not validated because of it', () => {
    expect(unvalidated('www.signed.de')).toBe(false);
    expect(unvalidated('www.plain.de')).toBe(false);
    mark(world);
    expect(unvalidated('www.signed.de')).toBe(false); // validated before
    expect(unvalidated('new.signed.de')).toBe(true);
    expect(unvalidated('new.signed.de')).toBe(true);
    expect(unvalidated('www.plain.de')).toBe(true);
    expect(unvalidated('here.alias.org')).toBe(false);
    unmark(world);
    expect(unvalidated('new.signed.de')).toBe(false);
  });
});

describe('which order counts for a name', () => {
  const names = ['.', 'de', 'a.de', 'b.a.de', 'c.b.a.de', 'org', 'a.org'].map((text) =>
    Name.parse(text),
  );
  const some = fc.subarray(names);

  it('is the deepest at or above it, be it positive or negative; at one name the negative', () => {
    const ds = world.ask('de', TYPE.DS).answer.find(({ type }) => type === TYPE.DS) ?? null;
    expect(ds).not.toBeNull();
    fc.assert(
      fc.property(some, some, fc.constantFrom(...names), (positive, negative, name) => {
        const given = positive.map((zone) => ({ zone, ds, dnskey: null }));
        const anchors = new Anchors(given, []);
        const insecurity = { kind: 'insecure', expiresAt: 0, reason: '', error: null } as const;
        anchors.declareInsecure(new Map(negative.map((zone) => [zone.key, insecurity])));
        const depth = (zones: readonly Name[]): number =>
          Math.max(-1, ...zones.filter((z) => name.isAtOrBelow(z)).map((z) => z.labelCount));
        const isInsecure = depth(negative) >= 0 && depth(negative) >= depth(positive);
        expect(anchors.negativeAbove(name) !== null).toBe(isInsecure);
        const between = anchors.between(Name.root, name)?.labelCount ?? 0;
        expect(between).toBe(Math.max(0, depth(negative), depth(positive)));
        anchors.declareInsecure(new Map());
        expect(anchors.hasNegative).toBe(false);
        expect(anchors.negativeAbove(name)).toBeNull();
      }),
    );
  });
});

describe('what is lifted leaves no trace', () => {
  const steps = fc.array(
    fc.oneof(
      fc.constantFrom('www.signed.de', 'www.plain.de', 'www.alias.org', 'here.alias.org'),
      fc.constantFrom('mark', 'unmark', 'anchor', 'lift'),
      fc.constantFrom('break', 'repair', 'wait'),
    ),
    { maxLength: 12 },
  );

  it('all names are secure again within their TTLs, whatever came before', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const tried = new SignedWorld(ZONES);
        for (const step of all) {
          if (step === 'mark') mark(tried);
          else if (step === 'unmark') unmark(tried);
          else if (step === 'anchor') anchor(tried);
          else if (step === 'lift') lift(tried);
          else if (step === 'break') breakDe(tried);
          else if (step === 'repair') tried.edit('de', undefined);
          else if (step === 'wait') tried.pair.pass(7 * MINUTE);
          else tried.ask(step);
        }
        unmark(tried);
        lift(tried);
        tried.edit('de', undefined);
        tried.pair.pass(10 * MINUTE);
        expect(tried.ask('www.signed.de')).toMatchObject(SECURE);
        expect(tried.ask('www.alias.org')).toMatchObject(SECURE);
        expect(tried.ask('www.plain.de')).toMatchObject(PLAIN);
        expect(tried.ask('here.alias.org')).toMatchObject(SECURE);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a node whose clock is set', () => {
  it('forgets everything when it goes back, what is under way included, and nothing when it goes ahead', () => {
    world.ask('www.signed.de');
    world.pair.setClock(SECOND);
    expect(world.ask('www.signed.de').source).toBe('hit');
    world.pair.query('other.signed.de');
    world.pair.setClock(-SECOND);
    expect(world.pair.resolver.cachedAnswers).toBe(0);
    world.pair.drain();
    expect(world.ask('other.signed.de').source).toBe('miss');
  });
});
