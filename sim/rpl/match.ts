/**
 * Whether a query is the one that an entry answers, and whether an answer is the one that a script
 * expects: everything that its MATCH names (`sets`), or only what a client acts upon (`outcome`).
 *
 * Sections are compared as sets of records; the dialect's own rule that some must come in order is
 * not applied.
 */

import type { Message } from '../../resolver-core/message.ts';
import { soaOf } from '../../resolver-core/rdata.ts';
import { rcodeName, TYPE, typeName } from '../../resolver-core/wire/iana.ts';
import { recordSet, setDifference } from './records.ts';
import type { Entry, Match } from './script.ts';

export type Level = 'outcome' | 'sets';
export const LEVELS: readonly Level[] = ['outcome', 'sets'];

export type Transport = 'udp' | 'tcp';

/** True when `query`, sent over `transport`, is one that the entry is about. */
export function matchesQuery(entry: Entry, query: Message, transport: Transport): boolean {
  return messageDifference(entry, query, transport) === undefined;
}

/** The first difference between the answer that an entry expects and the actual one; undefined: none. */
export function answerDifference(
  entry: Entry,
  actual: Message,
  transport: Transport,
  level: Level,
): string | undefined {
  if (level === 'sets') return messageDifference(entry, actual, transport);
  const { match, message: expected } = entry;
  const head = headDifference(entry, actual);
  if (head !== undefined) return head;
  const { rcode, flags, answer } = partsOf(match);
  if (rcode && expected.rcode !== actual.rcode) return rcodeDifference(expected, actual);
  if (flags && expected.authenticatedData !== actual.authenticatedData) {
    return `AD is ${actual.authenticatedData ? 'set' : 'not set'}`;
  }
  return answer ? sectionDifference('answer', expected, actual, false) : undefined;
}

/** What differs in any part that MATCH names, in a query as in an answer. */
function messageDifference(
  entry: Entry,
  actual: Message,
  transport: Transport,
): string | undefined {
  const { match, message: expected } = entry;
  const { words, ede, serial } = match;
  if (words.has('UDP') && transport !== 'udp') return 'sent over TCP, expected UDP';
  if (words.has('TCP') && transport !== 'tcp') return 'sent over UDP, expected TCP';
  const head = headDifference(entry, actual);
  if (head !== undefined) return head;
  const parts = partsOf(match);
  if (parts.rcode && expected.rcode !== actual.rcode) return rcodeDifference(expected, actual);
  const flag = parts.flags ? flagsDifference(expected, actual) : undefined;
  if (flag !== undefined) return flag;
  if (ede !== null && !hasError(ede, actual)) return errorDifference(ede, actual);
  if (serial !== null && soaSerial(actual) !== serial) return `serial is not ${serial}`;
  for (const section of SECTIONS) {
    if (!parts[section]) continue;
    const difference = sectionDifference(section, expected, actual, words.has('ttl'));
    if (difference !== undefined) return difference;
  }
  return ednsDifference(match, expected, actual);
}

/** Parts of a message that are compared: all of them, or those that MATCH names. */
function partsOf({ words }: Match): Readonly<Record<'rcode' | 'flags' | Section, boolean>> {
  const all = words.has('all') || words.has('all_noedns');
  const flags = all || words.has('flags') || words.has('reply');
  return {
    flags,
    rcode: flags || words.has('rcode'),
    answer: all || words.has('answer'),
    authority: all || words.has('authority'),
    additional: all || words.has('additional'),
  };
}

function rcodeDifference(expected: Message, actual: Message): string {
  return `RCODE is ${rcodeName(actual.rcode)}, expected ${rcodeName(expected.rcode)}`;
}

const SECTIONS = ['answer', 'authority', 'additional'] as const;
type Section = (typeof SECTIONS)[number];

/** Opcode, QNAME and QTYPE, where the entry asks for them; `all` asks for all three. */
function headDifference({ match, message: expected }: Entry, actual: Message): string | undefined {
  const { words } = match;
  const all = words.has('all') || words.has('all_noedns');
  if ((all || words.has('opcode')) && expected.opcode !== actual.opcode) {
    return `opcode is ${actual.opcode}, expected ${expected.opcode}`;
  }
  const question = all || words.has('question');
  const [qname, qtype] = [question || words.has('qname'), question || words.has('qtype')];
  const [wanted, got] = [expected.question, actual.question];
  if (wanted === null || got === null) {
    const asks = qname || qtype || words.has('subdomain');
    return wanted === got || !asks ? undefined : 'one has a question and the other has none';
  }
  if (qtype && wanted.type !== got.type) {
    return `QTYPE is ${typeName(got.type)}, expected ${typeName(wanted.type)}`;
  }
  if (qname && !wanted.name.equals(got.name))
    return `QNAME is ${got.name}, expected ${wanted.name}`;
  if (words.has('subdomain') && !got.name.isAtOrBelow(wanted.name)) {
    return `QNAME is ${got.name}, expected one at or below ${wanted.name}`;
  }
  return undefined;
}

function flagsDifference(expected: Message, actual: Message): string | undefined {
  for (const [name, flag] of FLAGS) {
    if (expected[flag] !== actual[flag]) return `${name} is ${actual[flag] ? 'set' : 'not set'}`;
  }
  return undefined;
}

const FLAGS = [
  ['QR', 'response'],
  ['AA', 'authoritative'],
  ['TC', 'truncated'],
  ['RD', 'recursionDesired'],
  ['RA', 'recursionAvailable'],
  ['AD', 'authenticatedData'],
  ['CD', 'checkingDisabled'],
] as const;

function sectionDifference(
  section: Section,
  expected: Message,
  actual: Message,
  ttls: boolean,
): string | undefined {
  const wanted = recordSet(expected[section], true, ttls);
  return setDifference(section, wanted, recordSet(actual[section], actual.dnssec, ttls));
}

function hasError(ede: number | 'any', { edns }: Message): boolean {
  const errors = edns?.extendedErrors ?? [];
  return errors.some(({ code }) => ede === 'any' || code === ede);
}

function errorDifference(ede: number | 'any' | 'none', { edns }: Message): string {
  const codes = (edns?.extendedErrors ?? []).map((error) => error.code);
  return `Extended DNS Error is ${codes.length === 0 ? 'none' : codes.join(', ')}, expected ${ede}`;
}

/**
 * Whether there is an OPT record, and DO (under `all`, `edns`, `DO` and `noedns`), errors that no `ede`
 * asks for (under `all`), and all options (under `ednsdata`).
 */
function ednsDifference(
  { words, ede }: Match,
  expected: Message,
  actual: Message,
): string | undefined {
  const isSet = actual.edns?.dnssecOk ?? false;
  if (words.has('DO') && !isSet) return 'DO is not set';
  if (words.has('noedns') && actual.edns !== null) return 'has EDNS, expected none';
  if (words.has('all') || words.has('edns')) {
    if ((expected.edns === null) !== (actual.edns === null)) {
      return actual.edns === null ? 'has no EDNS' : 'has EDNS, expected none';
    }
    if (isSet !== (expected.edns?.dnssecOk ?? false)) return `DO is ${isSet ? 'set' : 'not set'}`;
  }
  if (words.has('ednsdata')) return optionsDifference(expected, actual);
  const isTold = words.has('all') && ede === null && hasError('any', actual);
  return isTold ? errorDifference('none', actual) : undefined;
}

function optionsDifference(expected: Message, actual: Message): string | undefined {
  const text = ({ edns }: Message): string =>
    JSON.stringify([
      edns?.options.map(({ code, data }) => [code, ...data]) ?? [],
      edns?.extendedErrors ?? [],
    ]);
  return text(expected) === text(actual) ? undefined : 'EDNS options differ';
}

function soaSerial(query: Message): number | undefined {
  const soa = query.authority.find((rrset) => rrset.type === TYPE.SOA);
  return soa === undefined ? undefined : soaOf(soa)?.serial;
}
