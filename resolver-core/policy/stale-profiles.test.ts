/**
 * What a client sees of each profile, minute by minute, when the authority of a name dies and when what
 * it says no longer validates: the rows of the table in docs/scenario-reference.md.
 */

import { describe, expect, it } from 'vitest';
import { damaged, SignedWorld } from '../../sim/testing/signed-world.ts';
import type { ServeStale } from '../config.ts';
import type { Answer } from '../events.ts';
import { HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from '../time.ts';
import { RCODE, TYPE } from '../wire/iana.ts';
import { STALE_PROFILES, type StaleProfile } from './stale-profiles.ts';

const NAME = 'www.example.test';
const MISSING = 'nope.example.test';
const TICK = 20 * MILLISECOND;

/** Servers are asked for as long as a resolution may take, which is 10 s. */
function world(serveStale: ServeStale): SignedWorld {
  const records = 'www A 203.0.113.1';
  const config = { serveStale, sendsPerServer: 100 };
  return new SignedWorld({ test: {}, 'example.test': { records } }, config);
}

/** Asks one client query and says how it was answered, and after how long. */
function client({ pair }: SignedWorld, name: string): { readonly answer: Answer; waited: Micros } {
  const from = pair.now;
  const handle = pair.query(name);
  while (!pair.answers.has(handle)) pair.pass(TICK);
  return { answer: pair.answers.get(handle) as Answer, waited: pair.now - from };
}

/** `stale 3 +` is an answer past its TTL with EDE 3 and AD; then whether it came at once, and its TTL. */
function seen(tried: SignedWorld, name: string): string {
  const { answer, waited } = client(tried, name);
  const { source, authenticated } = answer;
  const { rcode, errors, answer: records } = answer.answer;
  if (rcode === RCODE.SERVFAIL) return `SERVFAIL ${errors.map(({ code }) => code).join()}`;
  const codes = errors.map(({ code }) => ` ${code}`).join('');
  const after = waited <= TICK ? 'at once' : `after ${(waited / SECOND).toFixed(1)} s`;
  const ttl = records[0] === undefined ? '' : ` ttl ${records[0].ttl}`;
  return `${source}${codes}${authenticated ? ' +' : ''} ${after}${ttl}`;
}

/** The authority does as `edit` says once the answer (TTL 300) has expired; then what is seen each minute. */
function minutes(
  profile: StaleProfile,
  edit: Parameters<SignedWorld['edit']>[1],
  name: string = NAME,
): string[] {
  const tried = world(STALE_PROFILES[profile]);
  client(tried, name);
  tried.pair.drain();
  tried.edit('example.test', edit);
  tried.pass(3600); // past the TTL of a denial, too
  const begin = tried.pair.now;
  return [0, 1, 2].map((minute) => {
    tried.pair.pass(begin + minute * MINUTE - tried.pair.now);
    return seen(tried, name);
  });
}

const dead = (): null => null;

describe('the authority dies', () => {
  // In the second minute the server that said nothing is left alone: the resolution fails at once.
  it.each([
    ['rfc8767', 'stale 3 + after 1.8 s ttl 30', 'stale 3 + at once ttl 30'],
    ['big-pineapple', 'stale 3 + after 1.8 s ttl 30', 'stale 3 + at once ttl 30'],
    ['unbound', 'stale 3 + after 1.8 s ttl 30', 'stale 3 + at once ttl 30'],
    ['knot-resolver', 'stale 3 + after 3.0 s ttl 1', 'stale 3 + at once ttl 1'],
    ['bind', 'stale 3 + after 10.0 s ttl 30', 'stale 3 + at once ttl 30'],
  ] as const)('%s: %s, and %s while the server is left alone', (profile, tried, alone) => {
    expect(minutes(profile, dead)).toEqual([tried, alone, tried]);
  });

  it('powerdns: the first client waits for the failure, and nobody after it', () => {
    const later = 'stale + at once ttl 30';
    expect(minutes('powerdns', dead)).toEqual(['stale + after 10.0 s ttl 30', later, later]);
  });

  it('says EDE 19 of a name that does not exist, where a profile tells them apart', () => {
    const codes = Object.keys(STALE_PROFILES).map((profile) => {
      const [first = ''] = minutes(profile as StaleProfile, dead, MISSING);
      return [profile, /^stale(?: (\d+))? \+/.exec(first)?.[1]];
    });
    expect(Object.fromEntries(codes)).toEqual({
      ...{ rfc8767: '19', 'big-pineapple': '19', bind: '19', 'knot-resolver': '19' },
      ...{ unbound: '3', powerdns: undefined },
    });
  });

  it.each([
    ['rfc8767', 30],
    ['big-pineapple', 30],
    ['unbound', 5],
    ['bind', 30],
    ['knot-resolver', 0],
    ['powerdns', 30],
  ] as const)('%s asks again %i s after a failure', (profile, recheck) => {
    const tried = world(STALE_PROFILES[profile]);
    client(tried, NAME);
    tried.edit('example.test', (message) => ({ ...message, rcode: RCODE.REFUSED }));
    tried.pass(3600);
    client(tried, NAME);
    const { pair } = tried;
    const failedAt = pair.now;
    const asksAfter = (seconds: number): number => {
      pair.pass(failedAt + seconds * SECOND - pair.now);
      pair.asked.length = 0;
      client(tried, NAME);
      return pair.asked.length;
    };
    if (recheck > 0) expect(asksAfter(recheck - 1)).toBe(0);
    expect(asksAfter(recheck)).toBeGreaterThan(0);
  });

  it.each([
    ['rfc8767', 24],
    ['big-pineapple', 24],
    ['unbound', 24],
    ['bind', 24],
    ['knot-resolver', 24],
    ['powerdns', 12],
  ] as const)('%s serves it for %i hours, and not longer', (profile, hours) => {
    const stalenessOf = (time: Micros): string => {
      const tried = world(STALE_PROFILES[profile]);
      client(tried, NAME);
      tried.edit('example.test', dead);
      tried.pass(300 + time / SECOND);
      return seen(tried, NAME);
    };
    expect(stalenessOf(hours * HOUR - MINUTE)).toContain('stale');
    expect(stalenessOf(hours * HOUR)).toContain('SERVFAIL');
  });
});

describe('the authority turns bogus', () => {
  it.each([
    ['rfc8767', 'stale 3 +'],
    ['big-pineapple', 'stale 3 +'],
    ['unbound', 'stale 3 +'],
    ['bind', 'SERVFAIL 6'],
    ['knot-resolver', 'SERVFAIL 6'],
    ['powerdns', 'SERVFAIL 6'],
  ] as const)('%s: each minute %s', (profile, what) => {
    const all = minutes(profile, damaged(TYPE.A));
    for (const one of all) expect(one.startsWith(what), one).toBe(true);
  });
});
