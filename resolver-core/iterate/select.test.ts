/** Which address of a zone's servers is asked, by family and round trip. */

import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../config.ts';
import type { ServerAddress } from '../events.ts';
import { Budget, Fetch } from '../fetch.ts';
import { EXPLORE_ONE_IN } from '../limits.ts';
import { Name } from '../name/name.ts';
import { DRAW_FAMILY, NodeState } from '../node.ts';
import { MILLISECOND, SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';
import { Attempts, pickServer } from './select.ts';

/** Draws that never explore. */
const STAY = EXPLORE_ONE_IN * 1000 + 1;

/** Two addresses in each family; those of IPv6 are near. */
const ROUND_TRIPS: Readonly<Record<string, number>> = {
  '192.0.2.1': 90,
  '192.0.2.2': 60,
  '2001:db8::1': 5,
  '2001:db8::2': 9,
};

class Choice {
  readonly node: NodeState;
  readonly addresses: readonly ServerAddress[];
  /** The draw of the family, as a fraction. */
  family = 0;
  draw: number = STAY;
  attempts: Attempts | null = null;

  constructor(ipv4Share: number | null, texts: readonly string[] = Object.keys(ROUND_TRIPS)) {
    this.node = new NodeState(
      { ...DEFAULT_CONFIG, ipv4Share },
      {
        ...{ rootHints: [], trustAnchors: [], maintenance: null, insecureDomains: [] },
        ...{ fixedZones: [], questions: 0, policy: null, peers: null },
        random: (_, purpose) => (purpose === DRAW_FAMILY ? this.family * 2 ** 32 : this.draw),
        signatures: { signatureChecked: () => {} },
      },
    );
    this.addresses = texts.map((text) =>
      this.node.servers.intern(text, text.includes(':') ? 6 : 4),
    );
    for (const address of this.addresses) {
      this.node.servers.answered(address, (ROUND_TRIPS[address.text] as number) * MILLISECOND);
    }
  }

  pick(): string | null {
    const name = Name.parse('example.de');
    const question = { name, type: TYPE.A };
    const draws = { source: 0, ordinal: 0, attempt: 0 };
    const fetch = new Fetch('', question, false, draws, new Budget(SECOND), 0, 0);
    const servers = this.addresses.map((address) => ({
      ...{ name, addresses: [address], addressesExpireAt: SECOND },
    }));
    return pickServer(this.node, fetch, servers, this.attempts)?.text ?? null;
  }
}

describe('the family of a server', () => {
  it('comes first, by the share of IPv4, and the round trip decides within it', () => {
    const choice = new Choice(0.8);
    choice.family = 0.79;
    expect(choice.pick()).toBe('192.0.2.2');
    choice.family = 0.8;
    expect(choice.pick()).toBe('2001:db8::1');
  });

  it('does not matter without a share: then the nearest of all is asked', () => {
    expect(new Choice(null).pick()).toBe('2001:db8::1');
  });

  it('is not chosen where the zone has servers in one only', () => {
    const choice = new Choice(1, ['2001:db8::1', '2001:db8::2']);
    expect(choice.pick()).toBe('2001:db8::1');
  });

  it('is the other one when in one of them nobody may be asked any more', () => {
    const choice = new Choice(1);
    choice.attempts = new Attempts();
    for (const address of choice.addresses)
      if (address.family === 4) choice.attempts.exclude(address);
    expect(choice.pick()).toBe('2001:db8::1');
  });

  it('holds for the draw that now and then asks another server', () => {
    const choice = new Choice(1);
    const asked = new Set<string | null>();
    for (let i = 0; i < 512; i++) {
      choice.draw = i * EXPLORE_ONE_IN * 64;
      asked.add(choice.pick());
    }
    expect([...asked].sort()).toEqual(['192.0.2.1', '192.0.2.2']);
  });

  it('is as likely IPv4 as the share says', () => {
    const choice = new Choice(0.3);
    let ipv4 = 0;
    for (let i = 0; i < 100; i++) {
      choice.family = (i + 0.5) / 100;
      if (choice.pick()?.includes('.') === true) ipv4++;
    }
    expect(ipv4).toBe(30);
  });
});
