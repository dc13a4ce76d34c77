/** A node with a copy of the root zone: what is asked of whom, what is believed, and what is kept. */

import { describe, expect, it } from 'vitest';
import { type Outcome, SignedWorld } from '../../sim/testing/signed-world.ts';
import type { ResolverConfig } from '../config.ts';
import { DISABLE_STATIC } from '../policy/phases.ts';
import { parseRule } from '../policy/rule-text.ts';
import type { Rule } from '../policy/rules.ts';
import { DAY, SECOND } from '../time.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';
import type { LocalZone } from './local-root.ts';

const WEEK = 7 * 86_400;

/** Root signatures last 14 days; every other zone has nothing to do with it. */
function open(over: Partial<LocalZone> = {}, config: Partial<ResolverConfig> = {}): SignedWorld {
  const zones = {
    '.': { validity: 14 * DAY },
    de: {},
    'example.de': { records: 'www A 192.0.2.99' },
    com: {},
    'plain.com': { signed: false, records: 'www A 192.0.2.98' },
  };
  const world = new SignedWorld(zones, config);
  const staticZone = { copy: world.copyOfRoot(), usableUntil: Infinity, fallback: true, ...over };
  world.pair.resolver.configure({ staticZone });
  return world;
}

/** Past the signatures of the copy, not of anything that is served. */
function expired(over: Partial<LocalZone> = {}, config: Partial<ResolverConfig> = {}): SignedWorld {
  const world = open(over, config);
  world.pass(2 * WEEK);
  return world;
}

function ruleOf(text: string): Rule {
  const rule = parseRule(text);
  if ('column' in rule) throw new Error(rule.message);
  return rule;
}

const toRoot = ({ asked }: Outcome): string[] => asked.filter((each) => each.startsWith('. '));

describe('a copy of the root zone', () => {
  it('is asked in place of the root servers, and validated', () => {
    const world = open();
    const found = world.ask('www.example.de');
    expect(found).toMatchObject({ rcode: RCODE.NOERROR, authenticated: true, source: 'miss' });
    expect(toRoot(found)).toEqual([]);
    expect(world.ask('www.plain.com')).toMatchObject({ rcode: 0, authenticated: false });
  });

  it('answers what the root itself knows, again and again, and nothing of it is cached', () => {
    const world = open({}, { aggressiveNsec: true });
    for (const rcode of [RCODE.NXDOMAIN, RCODE.NXDOMAIN]) {
      const found = world.ask('www.junk');
      expect(found).toMatchObject({ rcode, authenticated: true, source: 'static-zone', asked: [] });
    }
    for (const type of [TYPE.DS, TYPE.DS]) {
      expect(world.ask('de', type)).toMatchObject({ rcode: 0, source: 'static-zone' });
    }
    expect(world.pair.resolver.cachedAnswers).toBe(0);
  });

  it('that has outlived its signatures makes what hangs from it bogus: EDE 7 names the RRset', () => {
    const world = expired();
    for (const name of ['www.example.de', 'www.plain.com', 'www.junk', 'de']) {
      const found = world.ask(name);
      expect(found, name).toMatchObject({ rcode: RCODE.SERVFAIL, source: 'miss' });
      expect(found.codes, name).toContain(EDE.SIGNATURE_EXPIRED);
      expect(toRoot(found)).toEqual([]);
    }
    expect(world.ask('www.example.de').texts.join()).toMatch(/(\.\/dnskey|de\/ds) \(keytag=\d+\)/);
  });

  it('leaves alone what is still proven below the zones that it delegates', () => {
    const world = open();
    world.pass(world.copyOfRoot().firstExpiration - 1_777_982_400 - 1800);
    world.ask('www.plain.com');
    world.pass(1900);
    // The proof that plain.com has no DS lives for an hour, its address for five minutes.
    expect(world.ask('www.plain.com')).toMatchObject({ rcode: 0, source: 'miss' });
    world.pass(2 * WEEK);
    expect(world.ask('www.plain.com').rcode).toBe(RCODE.SERVFAIL);
  });

  it('is passed by with its tag, and then nothing of it is used', () => {
    const world = expired();
    expect(world.ask('www.example.de').rcode).toBe(RCODE.SERVFAIL);
    const rule = ruleOf('phase = pre-cache set-tag rec_disable_static');
    world.pair.change({ kind: 'apply-rule', rule });
    world.pass(6); // the failure is remembered for five seconds
    const found = world.ask('www.example.de');
    expect(found).toMatchObject({ rcode: RCODE.NOERROR, authenticated: true });
    expect(toRoot(found).length).toBeGreaterThan(0);
    expect(world.ask('www.junk')).toMatchObject({ rcode: RCODE.NXDOMAIN, source: 'miss' });
    expect(world.ask('www.junk')).toMatchObject({ rcode: RCODE.NXDOMAIN, source: 'hit' });
    // Lifted, it is asked before all that is cached from the root servers.
    world.pair.change({ kind: 'lift-rule', rule });
    expect(world.ask('www.junk').rcode).toBe(RCODE.SERVFAIL);
    expect(world.ask('www.plain.com').rcode).toBe(RCODE.SERVFAIL);
  });

  it('is passed by for a query that another node has handed on with the tag, and only then', () => {
    const world = expired();
    const ask = (tags: number): number | undefined => {
      const { pair } = world;
      const client = pair.query('www.plain.com', TYPE.A, false, -1, { tags, forwarded: true });
      pair.drain();
      return pair.answers.get(client)?.answer.rcode;
    };
    expect(ask(0)).toBe(RCODE.SERVFAIL);
    world.pass(6);
    expect(ask(DISABLE_STATIC)).toBe(RCODE.NOERROR);
  });

  it('that is taken away is missed at once, and one that comes is used at once', () => {
    const world = expired();
    expect(world.ask('www.plain.com').rcode).toBe(RCODE.SERVFAIL);
    world.pair.resolver.configure({ staticZone: null });
    world.pass(6);
    expect(world.ask('www.plain.com').rcode).toBe(RCODE.NOERROR);
    const fresh = { copy: world.copyOfRoot(), usableUntil: Infinity, fallback: true };
    world.pair.resolver.configure({ staticZone: fresh });
    const found = world.ask('www.example.de');
    expect(found).toMatchObject({ rcode: RCODE.NOERROR, authenticated: true });
    expect(toRoot(found)).toEqual([]);
  });

  it('that is too old gives way to the root servers (RFC 8806), or fails with EDE 24', () => {
    const usableUntil = 1_777_982_400 * SECOND + DAY;
    const world = expired({ usableUntil });
    const found = world.ask('www.example.de');
    expect(found).toMatchObject({ rcode: RCODE.NOERROR, authenticated: true });
    expect(toRoot(found).length).toBeGreaterThan(0);
    const strict = open({ usableUntil, fallback: false });
    expect(strict.ask('www.example.de').rcode).toBe(RCODE.NOERROR);
    strict.pass(2 * 86_400);
    for (const name of ['www.plain.com', 'www.junk']) {
      const failed = strict.ask(name);
      expect(failed, name).toMatchObject({ rcode: RCODE.SERVFAIL, codes: [EDE.INVALID_DATA] });
    }
  });

  it('needs no recursion to be desired', () => {
    const { pair } = open();
    const client = pair.query('www.junk', TYPE.A, false, -1, { recursionDesired: false });
    pair.drain();
    expect(pair.answers.get(client)?.answer.rcode).toBe(RCODE.NXDOMAIN);
  });

  it('shows in a trace, with its serial', () => {
    const world = open();
    world.pair.resolver.observing = true;
    world.ask('www.plain.com');
    const told = world.pair.steps.flatMap((step) =>
      step.kind === 'cache' && step.store === 'static-zone' ? [step.text] : [],
    );
    expect(told[0]).toMatch(/^serial \d+: referral to com\.$/);
  });
});
