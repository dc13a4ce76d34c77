import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { writeMessage } from '../../resolver-core/wire/write.ts';
import { FAULT_AT, smallPlan } from '../testing/small-plan.ts';
import { openWorld } from '../world.ts';
import { CaptureFile } from './capture-file.ts';
import { PcapRecords, pcapHeader } from './pcap.ts';
import type { Passed } from './received.ts';
import { isInstalled, tsharkOpinions } from './testing/programs.ts';
import { queryMessage, queryOctets } from './testing/queries.ts';

const CLIENT = { address: '127.0.0.1', port: 40_000 };
const SERVER = { address: '127.64.0.1', port: 5300 };
const CLIENT6 = { address: '::1', port: 40_000 };
const SERVER6 = { address: '2001:db8::53', port: 5300 };

const folder = mkdtempSync(join(tmpdir(), 'zonequake-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function query(over: Partial<Passed> = {}, name = 'www.example'): Passed {
  const octets = queryOctets(name, 7);
  return { transport: 'udp', from: CLIENT, to: SERVER, octets, ...over };
}

/** What the small world's servers say about names of all kinds. */
function responses(): readonly Uint8Array[] {
  const plan = smallPlan();
  const world = openWorld(plan);
  const authorities = world.authorities(plan.variants[0] as never);
  const terms = { dnssecOk: true, udpSize: 1232, transport: 'tcp' } as const;
  const hosts = world.catalogue.hosts.slice(0, 40).map(({ name }) => name);
  const questions = hosts.flatMap((name) =>
    [TYPE.A, TYPE.HTTPS, TYPE.MX, TYPE.DS, TYPE.DNSKEY].map((type) => ({ name, type })),
  );
  return authorities.servers.flatMap(({ index }) =>
    questions.flatMap((question) => {
      const message = authorities.respond(index, 0, question, terms, FAULT_AT);
      return message === null ? [] : [writeMessage(message, { id: 7 })];
    }),
  );
}

describe('a capture file', () => {
  test('begins with what says PCAP with microseconds and raw IP', () => {
    expect([...pcapHeader()]).toEqual([
      ...[0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0],
      ...[0, 0, 0xff, 0xff, 0, 0, 0, 101],
    ]);
  });

  test('a datagram has the instant, its length twice, and IPv4 and UDP headers', () => {
    const record = new PcapRecords().of(query(), 1_778_009_400 * SECOND + 123_456);
    const view = new DataView(record.buffer);
    const length = query().octets.length + 28;
    expect([0, 4, 8, 12].map((at) => view.getUint32(at))).toEqual([
      ...[1_778_009_400, 123_456, length, length],
    ]);
    expect([...record.subarray(16 + 12, 16 + 24)]).toEqual([
      ...[127, 0, 0, 1, 127, 64, 0, 1, 40_000 >>> 8, 40_000 & 255, 5300 >>> 8, 5300 & 255],
    ]);
    expect(record.subarray(16 + 28)).toEqual(query().octets);
  });

  test('an address that is none is refused', () => {
    const from = { address: 'localhost', port: 1 };
    expect(() => new PcapRecords().of(query({ from }), 0)).toThrow(RangeError);
  });

  test('a file that cannot be written is told, and nothing is thrown where messages pass', async () => {
    const file = new CaptureFile(join(folder, 'no', 'such', 'folder.pcap'), () => 0);
    file.capture(query());
    await expect(file.failed).rejects.toThrow('ENOENT');
    await expect(file.close()).rejects.toThrow('ENOENT');
  });
});

const skipped = isInstalled('tshark') ? '' : ' (skipped: tshark is not installed)';

describe.skipIf(skipped !== '')(`tshark${skipped}`, () => {
  function written(name: string, messages: readonly Passed[]): string {
    const records = new PcapRecords();
    const file = join(folder, name);
    const octets = [pcapHeader(), ...messages.map((message) => records.of(message, 0))];
    writeFileSync(file, Buffer.concat(octets));
    return file;
  }

  test('reads what was written, over both transports and both versions of IP', () => {
    const six = { from: CLIENT6, to: SERVER6 };
    const large = new Uint8Array(65_535);
    large.set(queryOctets('large.example', 7));
    const messages = [
      query(),
      query(six, 'six.example'),
      query({ transport: 'tcp' }, 'tcp.example'),
      query({ transport: 'tcp' }, 'again.example'),
      query({ transport: 'tcp', from: SERVER, to: CLIENT }, 'back.example'),
      query({ transport: 'tcp', ...six }, 'tcp6.example'),
    ];
    const opinions = tsharkOpinions(written('read.pcap', messages), [5300]);
    expect(opinions.map(({ protocol, question, faults }) => [protocol, question, faults])).toEqual(
      ['www', 'six', 'tcp', 'again', 'back', 'tcp6'].map((name) => ['dns', `${name}.example`, '']),
    );
    const whole = tsharkOpinions(
      written('large.pcap', [query({ transport: 'tcp', octets: large })]),
      [5300],
    );
    expect(whole.map(({ question }) => question)).toEqual(['', 'large.example']);
  });

  test('finds no fault with any response of the small world', () => {
    const all = responses();
    const messages = all.map((octets) =>
      query({ transport: 'tcp', octets, from: SERVER, to: CLIENT }),
    );
    const opinions = tsharkOpinions(written('small.pcap', messages), [5300]);
    expect(opinions.filter(({ faults, protocol }) => faults !== '' || protocol !== 'dns')).toEqual(
      [],
    );
    expect(opinions.filter(({ isResponse }) => isResponse).length).toBe(all.length);
  });

  test('would say so: a message cut short is malformed', () => {
    const message = { ...queryMessage('www.example'), response: true };
    const octets = writeMessage(message, { id: 7 }).slice(0, -3);
    const [opinion] = tsharkOpinions(written('cut.pcap', [query({ octets })]), [5300]);
    expect(opinion?.faults).toContain('Malformed');
  });
});
