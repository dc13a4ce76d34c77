import { describe, expect, it } from 'vitest';
import { SignedWorld } from '../../sim/testing/signed-world.ts';
import { nameSet, Pair, referral, response } from '../testing/pair.ts';
import { RCODE, TYPE } from '../wire/iana.ts';

const world = (signed: boolean): SignedWorld =>
  new SignedWorld({
    test: {},
    'example.test': {
      signed,
      records: 'old DNAME new.example.test.\na.new A 192.0.2.1\nb.new A 192.0.2.2',
    },
  });

/** Names below the DNAME for which the servers were asked. */
const below = (asked: readonly string[]): string[] =>
  asked.filter((line) => line.includes('.old.example.test'));

describe('a cached DNAME (RFC 6672 section 5.3.1)', () => {
  it('that is secure answers for other names below it', () => {
    const pair = world(true);
    expect(below(pair.ask('a.old.example.test').asked)).not.toHaveLength(0);
    const second = pair.ask('b.old.example.test');
    expect(below(second.asked)).toHaveLength(0);
    expect([second.rcode, second.authenticated]).toEqual([RCODE.NOERROR, true]);
    expect(second.answer.map(({ type }) => type)).toEqual([TYPE.DNAME, TYPE.CNAME, TYPE.A]);
    expect(second.answer[1]?.name.toString()).toBe('b.old.example.test.');
  });

  it('makes the CNAME that is asked for', () => {
    const pair = world(true);
    pair.ask('a.old.example.test');
    const { answer, asked } = pair.ask('b.old.example.test', TYPE.CNAME);
    expect(asked).toHaveLength(0);
    expect(answer.map(({ type }) => type)).toEqual([TYPE.DNAME, TYPE.CNAME]);
  });

  it('counts down with its own TTL, and so does the CNAME made from it', () => {
    const pair = world(true);
    pair.ask('a.old.example.test');
    pair.pass(99.5);
    const ttls = pair.ask('b.old.example.test').answer.map(({ ttl }) => ttl);
    expect(ttls).toEqual([200, 200, 300]);
    pair.pass(202);
    expect(below(pair.ask('b.old.example.test').asked)).not.toHaveLength(0);
  });

  it('that is not secure is asked for again (RFC 5452 section 6)', () => {
    const pair = world(false);
    pair.ask('a.old.example.test');
    expect(below(pair.ask('b.old.example.test').asked)).not.toHaveLength(0);
  });
});

describe('a DNAME that makes a name too long (RFC 6672 section 2.2)', () => {
  it('is answered with YXDOMAIN, and the client sees why', () => {
    const long = Array(4).fill('x'.repeat(59)).join('.');
    const dname = nameSet('example.de', TYPE.DNAME, [long]);
    const pair = new Pair({
      '198.41.0.4': (question) => referral(question, 'example.de', 'ns.example.de', '192.0.2.53'),
      '192.0.2.53': (question) => response(question, { rcode: RCODE.YXDOMAIN, answer: [dname] }),
    });
    const { rcode, answer } = pair.ask(`${'y'.repeat(30)}.example.de`).answer;
    expect([rcode, answer]).toEqual([RCODE.YXDOMAIN, [dname]]);
  });
});
