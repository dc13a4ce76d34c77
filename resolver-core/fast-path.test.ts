import { describe, expect, it } from 'vitest';
import { type CachedAnswer, failureOf } from './cache/cached-answer.ts';
import { AnswerTable, OUTCOME_FAILURE, OUTCOME_RCODE_MASK } from './cache/table.ts';
import { SLOW } from './fast-path.ts';
import { Name } from './name/name.ts';
import { parseRule } from './policy/rule-text.ts';
import type { Rule } from './policy/rules.ts';
import { RRset } from './rrset.ts';
import { type PlainQuery, queryOctets, slowResponse } from './testing/octets.ts';
import { addressSet, Pair, response, type Server } from './testing/pair.ts';
import { SECOND } from './time.ts';
import { readMessage } from './wire/read.ts';

const CLOCK = 1_700_000_000 * SECOND;
const LONG = 1_000_000;

function answer(text: string, over: Partial<CachedAnswer> = {}): CachedAnswer {
  return {
    ...{ question: { name: Name.parse(text), type: 1 }, checkingDisabled: false, rcode: 0 },
    ...{ secure: true, answer: [addressSet(text, '192.0.2.1')], authority: [], additional: [] },
    ...{ errors: [], storedAt: CLOCK, expiresAt: CLOCK + LONG * SECOND, failure: null, ...over },
  };
}

function ask(text: string, over: Partial<PlainQuery> = {}): Uint8Array {
  return queryOctets({
    ...{ id: 4711, name: Name.parse(text).wire, type: 1, recursionDesired: true },
    ...{ authenticData: false, checkingDisabled: false, edns: { udpSize: 1232, dnssecOk: false } },
    ...over,
  });
}

function filled(
  entries: readonly CachedAnswer[],
  config: Partial<Pair['resolver']['config']> = {},
): { readonly pair: Pair; readonly table: AnswerTable } {
  const table = new AnswerTable(Math.max(4, entries.length), 0);
  const settings = { validation: true, ...config };
  const pair = new Pair({}, settings, { peers: { kind: 'shared-table', table } });
  for (const entry of entries) table.store(entry, -1);
  return { pair, table };
}

const out = new Uint8Array(1500);

function probe({ pair }: { readonly pair: Pair }, packet: Uint8Array, clock = CLOCK): number {
  return pair.resolver.fastPath.probeWire(packet, out, clock);
}

describe('the fast path', () => {
  it('answers in the case of the question, with its id, flags and TTLs as they stand', () => {
    const node = filled([answer('www.example.')]);
    const packet = ask('www.example.', { id: 0xbeef, authenticData: true });
    packet[13] = 'W'.charCodeAt(0);
    const length = probe(node, packet, CLOCK + 2.5 * SECOND);
    const read = readMessage(out.slice(0, length));
    if (!read.ok) throw new Error(read.code);
    expect(read.id).toBe(0xbeef);
    expect(read.questionOctets[1]).toBe('W'.charCodeAt(0));
    expect(read.message).toMatchObject({
      ...{ response: true, recursionDesired: true, recursionAvailable: true, rcode: 0 },
      ...{ authenticatedData: true, checkingDisabled: false },
    });
    expect(read.message.answer.map(({ ttl }) => ttl)).toEqual([297]);
  });

  it('tells RCODE and kind of what it gave', () => {
    const question = { name: Name.parse('b.example.'), type: 1 };
    const errors = [{ code: 6, text: 'key 33834' }];
    const node = filled([failureOf(question, false, errors, true, CLOCK, 60)]);
    const length = probe(node, ask('b.example.'));
    const read = readMessage(out.slice(0, length));
    expect(read.ok && read.message.edns?.extendedErrors).toEqual(errors);
    const { outcome } = node.pair.resolver.fastPath;
    expect([outcome & OUTCOME_RCODE_MASK, outcome & OUTCOME_FAILURE]).toEqual([2, OUTCOME_FAILURE]);
  });

  it('gives what is stored anew, and nothing of what was there before', () => {
    const node = filled([answer('a.example.')]);
    probe(node, ask('a.example.'));
    node.table.store(answer('a.example.', { rcode: 3, answer: [] }), -1);
    const length = probe(node, ask('a.example.'));
    expect(out[3]).toBe(0x83);
    expect(length).toBe(ask('a.example.').length);
    node.table.clear();
    expect(probe(node, ask('a.example.'))).toBe(SLOW);
  });

  it('writes anew what was written under other settings', () => {
    const node = filled([answer('a.example.')]);
    const opt = (): number => {
      const read = readMessage(out.slice(0, probe(node, ask('a.example.'))));
      return read.ok ? (read.message.edns?.udpSize ?? 0) : 0;
    };
    expect(opt()).toBe(1232);
    node.pair.resolver.configure({ udpSize: 1400 });
    expect(opt()).toBe(1400);
  });
});

describe('is slow', () => {
  const node = filled([answer('a.example.')]);
  const plain = ask('a.example.');

  it('only for what is not plain: the plain query is answered', () => {
    expect(probe(node, plain)).toBeGreaterThan(0);
    expect(probe(node, ask('a.example.', { edns: null }))).toBeGreaterThan(0);
  });

  const changed = (at: number, value: number): Uint8Array => {
    const packet = plain.slice();
    packet[at] = value;
    return packet;
  };
  const end = plain.length;
  const opt = end - 11;

  it.each([
    ['a response', changed(2, 0x80)],
    ['another opcode', changed(2, 0x29)],
    ['TC', changed(2, 0x03)],
    ['the Z bit', changed(3, 0x40)],
    ['no question', changed(5, 0)],
    ['two questions', changed(5, 2)],
    ['an answer', changed(7, 1)],
    ['an authority record', changed(9, 1)],
    ['two additional records', changed(11, 2)],
    ['fewer records than it says', plain.slice(0, opt)],
    ['octets behind the message', Uint8Array.from([...plain, 0])],
    ['a label of an unknown type', changed(12, 0x41)],
    ['a compressed name', changed(12, 0xc0)],
    ['a name without end', plain.slice(0, 18)],
    ['class CH', changed(opt - 1, 3)],
    ['another type', changed(opt - 3, 28)],
    ['a record that is no OPT', changed(opt + 2, 1)],
    ['an OPT that is not at the root', changed(opt, 1)],
    ['EDNS version 1', changed(opt + 6, 1)],
    ['an unknown EDNS flag', changed(opt + 8, 1)],
    ['an EDNS option', Uint8Array.from([...changed(end - 1, 4), 0, 10, 0, 0])],
    ['half a header', plain.slice(0, 7)],
    ['nothing', new Uint8Array(0)],
    ['another name', ask('b.example.')],
    ['a name that goes on', ask('a.example.com.')],
    ['unvalidated data', ask('a.example.', { checkingDisabled: true })],
  ])('%s', (_, packet) => {
    expect(probe(node, packet)).toBe(SLOW);
  });

  it('a name of 256 octets, and its hash is never asked', () => {
    const label = `${'x'.repeat(63)}.`;
    const longest = ask(`${label.repeat(3)}${'x'.repeat(61)}.`);
    expect(probe(node, longest)).toBe(SLOW);
    const [head, tail] = [longest.slice(0, 12 + 192), longest.slice(12 + 192)];
    expect(probe(node, Uint8Array.from([...head, 1, 0x61, ...tail]))).toBe(SLOW);
  });

  it('an answer that has expired', () => {
    expect(probe(node, plain, CLOCK + LONG * SECOND)).toBe(SLOW);
  });

  it('an answer that a hit refreshes', () => {
    const { pair, table } = filled([]);
    table.store(answer('a.example.'), -1, CLOCK + 10 * SECOND);
    expect(probe({ pair }, plain, CLOCK + 10 * SECOND - 1)).toBeGreaterThan(0);
    expect(probe({ pair }, plain, CLOCK + 10 * SECOND)).toBe(SLOW);
  });

  it('an answer that is larger than the client takes', () => {
    const addresses = Array.from({ length: 40 }, (_, i) => Uint8Array.of(192, 0, 2, i));
    const many = new RRset(Name.parse('a.example.'), 1, 300, addresses);
    const big = filled([answer('a.example.', { answer: [many] })]);
    expect(probe(big, plain)).toBeGreaterThan(600);
    expect(probe(big, ask('a.example.', { edns: null }))).toBe(SLOW);
    expect(probe(big, ask('a.example.', { edns: { udpSize: 640, dnssecOk: false } }))).toBe(SLOW);
  });

  it('a statement about a trust anchor, which is judged for each client', () => {
    const name = 'root-key-sentinel-not-ta-20326.example.';
    expect(probe(filled([answer(name)]), ask(name))).toBe(SLOW);
    expect(probe(filled([answer(name)], { rootKeySentinel: false }), ask(name))).toBeGreaterThan(0);
  });

  it('what a rule before the cache may change, until it is lifted', () => {
    const ruled = filled([answer('a.example.')]);
    const rule = parseRule('phase = pre-cache subtree = example refuse') as Rule;
    ruled.pair.change({ kind: 'apply-rule', rule });
    expect(probe(ruled, plain)).toBe(SLOW);
    ruled.pair.change({ kind: 'lift-rule', rule });
    expect(probe(ruled, plain)).toBeGreaterThan(0);
  });

  it('everything while somebody watches', () => {
    const watched = filled([answer('a.example.')]);
    watched.pair.resolver.observing = true;
    expect(probe(watched, plain)).toBe(SLOW);
    watched.pair.resolver.observing = false;
    expect(probe(watched, plain)).toBeGreaterThan(0);
  });

  it('and so is a first query: what it leaves in the cache is given fast', () => {
    const server: Server = (question) =>
      response(question, { answer: [addressSet('a.example.', '192.0.2.7')] });
    const pair = new Pair({ '198.41.0.4': server });
    expect(probe({ pair }, plain, CLOCK)).toBe(SLOW);
    pair.ask('a.example.');
    const clock = pair.now + pair.clockOffset;
    const length = probe({ pair }, plain, clock);
    expect(out.slice(0, length)).toEqual(slowResponse(pair.resolver, plain, clock));
  });
});

describe('what was written', () => {
  const names = Array.from({ length: 12 }, (_, i) => `n${i}.example.`);
  const packets = names.map((name) => ask(name));

  it('is freed with the entry that it was written of', () => {
    const { pair, table } = filled(names.slice(0, 4).map((name) => answer(name)));
    const { fastPath } = pair.resolver;
    for (const packet of packets.slice(0, 4)) fastPath.probeWire(packet, out, CLOCK);
    const held = fastPath.octets;
    expect(held).toBeGreaterThan(4 * 50);
    // Four others take their places.
    for (const name of names.slice(4, 12)) table.store(answer(name), -1);
    expect(fastPath.octets).toBe(0);
    fastPath.probeWire(packets[11] as Uint8Array, out, CLOCK);
    table.clear();
    expect(fastPath.octets).toBe(0);
  });
});
