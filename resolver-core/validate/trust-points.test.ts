import { describe, expect, it } from 'vitest';
import { ed25519Key, KSK_FLAGS, type SigningKey } from '../../sim/authority/keys.ts';
import { dsRdata, signRrset } from '../../sim/authority/sign.ts';
import type { Answer } from '../events.ts';
import type { Message, Question } from '../message.ts';
import { Name } from '../name/name.ts';
import { RRset } from '../rrset.ts';
import { Pair, response } from '../testing/pair.ts';
import { DAY, epochSeconds, HOUR, MINUTE, type Micros, SECOND } from '../time.ts';
import { DIGEST, RCODE, TYPE } from '../wire/iana.ts';
import { newTrustPoint, type TrustPoint } from './trust-anchor.ts';

const REVOKED_FLAGS = KSK_FLAGS | 0x80;
const START = 1_700_000_000 * SECOND;
const TTL = 4 * 3_600;

interface KeyPair {
  readonly key: SigningKey;
  readonly revoked: SigningKey;
}

function keyPair(id: string): KeyPair {
  const key = ed25519Key({ flags: KSK_FLAGS, seed: id });
  return { key, revoked: key.withFlags(REVOKED_FLAGS) };
}

const OLD = keyPair('old');
const NEW = keyPair('new');

/** A root zone of one name whose keys change, and one node that trusts it. */
class RootWorld {
  readonly pair: Pair;
  published: readonly SigningKey[] = [OLD.key];
  signing: readonly SigningKey[] = [OLD.key];
  isSilent = false;

  constructor(point: TrustPoint = given(OLD)) {
    this.pair = new Pair(
      { '198.41.0.4': (question) => this.#respond(question) },
      { validation: true },
      {
        maintenance: {
          points: [point],
          draw: (probe) => ({ source: 0, ordinal: probe, attempt: 0 }),
        },
      },
      START,
    );
    this.pair.start();
  }

  /** DNSKEY queries so far. */
  get probes(): number {
    return this.pair.asked.filter((line) => line.includes(` ${TYPE.DNSKEY} `)).length;
  }

  get states(): string[] {
    return (this.pair.resolver.trustPoints[0] as TrustPoint).keys.map(({ state }) => state);
  }

  pass(duration: Micros): void {
    this.pair.pass(duration);
  }

  ask(): Answer {
    return this.pair.ask('www.');
  }

  #respond(question: Question): Message | null {
    if (this.isSilent) return null;
    if (question.type === TYPE.DNSKEY) {
      return response(question, { answer: [this.#signed(question, this.#keys(), this.signing)] });
    }
    const address = [Uint8Array.of(192, 0, 2, 1)];
    return response(question, { answer: [this.#signed(question, address, this.signing)] });
  }

  #keys(): Uint8Array[] {
    return this.published.map(({ dnskey }) => dnskey.rdata);
  }

  #signed(question: Question, rdata: Uint8Array[], keys: readonly SigningKey[]): RRset {
    const { name, type } = question;
    const at = epochSeconds(START + this.pair.now);
    const terms = { signer: Name.root, inception: at - 60, expiration: at + 864_000 };
    const signatures = keys.map((key) =>
      signRrset({ name, type, rdata }, key, { ...terms, originalTtl: TTL }),
    );
    return new RRset(name, type, TTL, rdata, signatures);
  }
}

function given({ key }: KeyPair): TrustPoint {
  const ds = [dsRdata(Name.root, key.dnskey, DIGEST.SHA256)];
  return newTrustPoint(Name.root, new RRset(Name.root, TYPE.DS, 0, ds), null);
}

const SECURE = { rcode: RCODE.NOERROR, secure: true };
const INSECURE = { rcode: RCODE.NOERROR, secure: false };

describe('a node that keeps its trust anchors up to date (RFC 5011)', () => {
  it('asks at its start, and then half a TTL after each success', () => {
    const world = new RootWorld();
    world.pass(MINUTE);
    expect(world.probes).toBe(1);
    expect(world.states).toEqual(['valid']);
    world.pass(1.5 * HOUR);
    expect(world.probes).toBe(1);
    world.pass(0.5 * HOUR);
    expect(world.probes).toBe(2);
    world.pass(DAY - 2 * HOUR);
    expect(world.probes).toBeGreaterThanOrEqual(12);
    expect(world.probes).toBeLessThanOrEqual(15);
  });

  it('asks again within the hour when nobody answers, and keeps the state as it was', () => {
    const world = new RootWorld();
    world.pass(MINUTE);
    const before = world.pair.resolver.trustPoints;
    world.isSilent = true;
    world.pass(2 * HOUR);
    const failed = world.probes;
    expect(failed).toBeGreaterThan(1);
    world.isSilent = false;
    world.pass(HOUR);
    expect(world.probes).toBeGreaterThan(failed);
    expect(before[0]?.lastSuccess).toBe(epochSeconds(START));
    expect(world.pair.resolver.trustPoints[0]).toMatchObject({ failures: 0 });
  });

  it('a failed probe leaves what is cached in use', () => {
    const world = new RootWorld();
    expect(world.ask().answer).toMatchObject(SECURE);
    world.signing = [];
    world.pass(3 * HOUR);
    expect(world.pair.resolver.trustPoints[0]?.failures).toBeGreaterThan(0);
    expect(world.ask().answer).toMatchObject(SECURE);
  });

  it('follows a rollover: the new key is trusted after 30 days, the old one until it is revoked', () => {
    const world = new RootWorld();
    world.pass(MINUTE);
    world.published = [OLD.key, NEW.key];
    world.pass(29 * DAY);
    expect(world.states).toEqual(['add-pending', 'valid']);
    world.pass(2 * DAY);
    expect(world.states).toEqual(['valid', 'valid']);
    world.published = [OLD.revoked, NEW.key];
    world.signing = [OLD.revoked, NEW.key];
    world.pass(DAY);
    expect(world.states).toEqual(['valid', 'revoked']);
    expect(world.ask().answer).toMatchObject(SECURE);
    world.published = [OLD.key];
    world.signing = [OLD.key];
    world.pass(2 * DAY);
    expect(world.ask().answer.rcode).toBe(RCODE.SERVFAIL);
  });

  it('a zone that rolls faster than the hold-down is bogus for it', () => {
    const world = new RootWorld();
    world.pass(MINUTE);
    world.published = [OLD.key, NEW.key];
    world.pass(20 * DAY);
    world.published = [NEW.key];
    world.signing = [NEW.key];
    world.pass(2 * DAY);
    expect(world.ask().answer.rcode).toBe(RCODE.SERVFAIL);
  });

  it('section 5: when all keys are revoked the zone is insecure at once, cached or not', () => {
    const world = new RootWorld();
    expect(world.ask().answer).toMatchObject(SECURE);
    world.published = [OLD.revoked];
    world.signing = [OLD.revoked];
    world.pass(3 * HOUR);
    expect(world.pair.resolver.trustPoints[0]?.deleted).toBe(true);
    expect(world.ask().answer).toMatchObject(INSECURE);
    const { probes } = world;
    world.pass(10 * DAY);
    expect(world.probes).toBe(probes);
  });

  it('section 4.2: a trusted key that is missing from the RRset may sign it', () => {
    const world = new RootWorld(newTrustPoint(Name.root, null, keySet(OLD)));
    world.pass(MINUTE);
    world.published = [NEW.key];
    world.pass(DAY);
    expect(world.states).toEqual(['add-pending', 'missing']);
    world.signing = [OLD.key, NEW.key];
    expect(world.ask().answer).toMatchObject(SECURE);
  });

  it("learns from a client's lookup as from a probe of its own", () => {
    const world = new RootWorld(newTrustPoint(Name.root, null, keySet(OLD)));
    world.published = [OLD.revoked];
    world.signing = [OLD.revoked];
    expect(world.ask().answer).toMatchObject(INSECURE);
    expect(world.states).toEqual(['revoked']);
  });

  it('takes up the state of an earlier run, or without it begins anew', () => {
    const first = new RootWorld();
    first.pass(MINUTE);
    first.published = [OLD.key, NEW.key];
    first.pass(2 * DAY);
    const [state] = first.pair.resolver.trustPoints;
    const second = new RootWorld(state);
    second.published = first.published;
    second.pass(29 * DAY);
    expect(second.states).toEqual(['add-pending', 'valid']);
    second.pass(3 * DAY);
    expect(second.states).toEqual(['valid', 'valid']);
    const forgetful = new RootWorld();
    forgetful.published = [NEW.key];
    forgetful.signing = [NEW.key];
    expect(forgetful.ask().answer.rcode).toBe(RCODE.SERVFAIL);
  });
});

function keySet({ key }: KeyPair): RRset {
  return new RRset(Name.root, TYPE.DNSKEY, TTL, [key.dnskey.rdata]);
}
