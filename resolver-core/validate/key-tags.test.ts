import { describe, expect, it } from 'vitest';
import { SignedWorld } from '../../sim/testing/signed-world.ts';
import { Name } from '../name/name.ts';
import { dnsKeysOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { HOUR } from '../time.ts';
import { TYPE } from '../wire/iana.ts';
import { keyTagQuestion } from './key-tags.ts';

const ZONES = { test: { records: 'www A 203.0.113.1' } };

describe('key tags told to servers (RFC 8145 section 5)', () => {
  it('are listed in ascending order, each once, in four hexadecimal digits', () => {
    const { name, type } = keyTagQuestion(Name.root, [20326, 1, 20326, 19036]);
    expect(name.toString()).toBe('_ta-0001-4a5c-4f66.');
    expect(type).toBe(TYPE.NULL);
    expect(keyTagQuestion(Name.parse('example.'), [65535]).name.toString()).toBe(
      '_ta-ffff.example.',
    );
  });

  it('are no more than a label has room for', () => {
    const tags = Array.from({ length: 20 }, (_, tag) => tag);
    expect(keyTagQuestion(Name.root, tags).name.toString()).toMatch(/^_ta(-[0-9a-f]{4}){12}\.$/);
  });

  it('go to the servers of the anchor with each fetch of its keys, and to no others', () => {
    const world = new SignedWorld(ZONES, { signalKeyTags: true, qnameMinimisation: false });
    const first = world.ask('www.test');
    const keys = dnsKeysOf(world.ask('.', TYPE.DNSKEY).answer[0] as RRset);
    const anchor = keys.find((key) => key.isSecureEntryPoint)?.keyTag as number;
    const signal = `. _ta-${anchor.toString(16).padStart(4, '0')}. NULL`;
    expect(first.asked.filter((query) => query.includes('_ta-'))).toEqual([signal]);
    expect(world.ask('nothing.test').asked).not.toContain(signal);
    world.pair.now += 25 * HOUR;
    expect(world.ask('www.test').asked).toContain(signal);
  });

  it('are not told unless asked for', () => {
    const { asked } = new SignedWorld(ZONES).ask('www.test');
    expect(asked.filter((query) => query.includes('_ta-'))).toEqual([]);
  });
});
