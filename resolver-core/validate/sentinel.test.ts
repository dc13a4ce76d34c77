import { describe, expect, it } from 'vitest';
import { SignedWorld } from '../../sim/testing/signed-world.ts';
import { dnsKeysOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';

const RECORDS = '*.here A 203.0.113.1\n*.here AAAA 2001:db8::1\n*.here TXT "x"';

const world = new SignedWorld({
  test: { records: RECORDS },
  'plain.test': { signed: false, records: RECORDS },
});
const unaware = new SignedWorld({ test: { records: RECORDS } }, { rootKeySentinel: false });

const keys = dnsKeysOf(world.ask('.', TYPE.DNSKEY).answer[0] as RRset);
const anchor = keys.find((key) => key.isSecureEntryPoint)?.keyTag as number;
const other = (anchor + 1) % 0x10000;

/** `is` or `not`, in a zone. */
function statement(claim: string, tag: number, zone = 'here.test'): string {
  return `root-key-sentinel-${claim}-ta-${String(tag).padStart(5, '0')}.${zone}`;
}

const ANSWERED = { rcode: RCODE.NOERROR, codes: [] };
const DENIED = { rcode: RCODE.SERVFAIL, authenticated: false, codes: [EDE.DNSSEC_BOGUS] };

describe('sentinel for trust anchors of the root (RFC 8509 section 3)', () => {
  it('what is so is answered, what is not so is SERVFAIL', () => {
    expect(world.ask(statement('is', anchor))).toMatchObject(ANSWERED);
    expect(world.ask(statement('not', other))).toMatchObject(ANSWERED);
    expect(world.ask(statement('not', anchor))).toMatchObject({
      ...DENIED,
      texts: [`key ${anchor} is a trust anchor of the root`],
    });
    expect(world.ask(statement('is', other))).toMatchObject({
      ...DENIED,
      texts: [`key ${other} is no trust anchor of the root`],
    });
  });

  it('for AAAA too, in any case of letters, for names that do not exist, and from the cache', () => {
    expect(world.ask(statement('not', anchor), TYPE.AAAA)).toMatchObject(DENIED);
    expect(world.ask(statement('not', anchor).toUpperCase())).toMatchObject(DENIED);
    expect(world.ask(statement('not', anchor, 'nowhere.test'))).toMatchObject(DENIED);
    expect(world.ask(statement('is', anchor, 'nowhere.test')).rcode).toBe(RCODE.NXDOMAIN);
    expect(world.ask(statement('not', anchor))).toMatchObject(DENIED);
  });

  it('not for other types, nor with CD=1, nor where nothing is secure', () => {
    expect(world.ask(statement('not', anchor), TYPE.TXT)).toMatchObject(ANSWERED);
    expect(world.ask(statement('not', anchor), TYPE.A, true)).toMatchObject(ANSWERED);
    expect(world.ask(statement('not', anchor, 'here.plain.test'))).toMatchObject(ANSWERED);
  });

  it('not for a label that is not the first, or not quite such a label', () => {
    expect(world.ask(`www.${statement('not', anchor)}`)).toMatchObject(ANSWERED);
    expect(world.ask('root-key-sentinel-not-ta-1234x.here.test')).toMatchObject(ANSWERED);
    expect(world.ask('root-key-sentinel-hot-ta-12345.here.test')).toMatchObject(ANSWERED);
  });

  it('can be switched off', () => {
    expect(unaware.ask(statement('not', anchor))).toMatchObject(ANSWERED);
  });
});
