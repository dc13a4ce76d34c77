/** A message as text, in the manner of dig: for traces and test failures, not for parsing. */

import type { Edns, Message } from '../message.ts';
import type { RRset } from '../rrset.ts';
import { edeName } from '../wire/ede.ts';
import { rcodeName, typeName } from '../wire/iana.ts';
import { toHex } from './encoding.ts';
import { escapeOctets } from './escapes.ts';
import { rrsetLines } from './presentation.ts';

/** Several lines, each ended; signatures are printed when `dnssec` is true. */
export function messageText(message: Message): string {
  const lines = [
    `;; opcode: ${opcodeName(message.opcode)}, status: ${rcodeName(message.rcode)}`,
    `;; flags:${flagsText(message)}; ${countsText(message)}`,
  ];
  if (message.edns !== null) lines.push(...ednsLines(message.edns));
  if (message.question !== null) {
    const { name, type } = message.question;
    lines.push('', ';; QUESTION SECTION:', `;${name}\tIN\t${typeName(type)}`);
  }
  for (const [title, section] of sectionsOf(message)) {
    if (section.length === 0) continue;
    lines.push('', `;; ${title} SECTION:`);
    for (const rrset of section) lines.push(...rrsetLines(rrset, message.dnssec));
  }
  return `${lines.join('\n')}\n`;
}

function sectionsOf(message: Message): readonly (readonly [string, readonly RRset[]])[] {
  return [
    ['ANSWER', message.answer],
    ['AUTHORITY', message.authority],
    ['ADDITIONAL', message.additional],
  ];
}

function flagsText(message: Message): string {
  let text = '';
  if (message.response) text += ' qr';
  if (message.authoritative) text += ' aa';
  if (message.truncated) text += ' tc';
  if (message.recursionDesired) text += ' rd';
  if (message.recursionAvailable) text += ' ra';
  if (message.authenticatedData) text += ' ad';
  if (message.checkingDisabled) text += ' cd';
  return text;
}

/** Records per section; unlike dig, without the OPT, which has lines of its own. */
function countsText(message: Message): string {
  const counts = sectionsOf(message).map(([title, section]) => {
    let records = 0;
    for (const rrset of section) {
      records += rrset.rdata.length + (message.dnssec ? rrset.signatures.length : 0);
    }
    return `${title}: ${records}`;
  });
  return [`QUERY: ${message.question === null ? 0 : 1}`, ...counts].join(', ');
}

function ednsLines(edns: Edns): string[] {
  const flags = edns.dnssecOk ? ' do' : '';
  const lines = [`; EDNS: version: ${edns.version}, flags:${flags}; udp: ${edns.udpSize}`];
  for (const option of edns.options) lines.push(`; OPT=${option.code}: ${toHex(option.data)}`);
  for (const { code, text } of edns.extendedErrors) {
    const purpose = edeName(code);
    // The text comes from anybody: only printable ASCII reaches a terminal as it is.
    const extra = text === '' ? '' : `: "${escapeOctets(new TextEncoder().encode(text))}"`;
    lines.push(`; EDE: ${code}${purpose === undefined ? '' : ` (${purpose})`}${extra}`);
  }
  return lines;
}

function opcodeName(opcode: number): string {
  return OPCODES[opcode] ?? `OPCODE${opcode}`;
}

/** Registry "DNS OpCodes"; 3 is unassigned. */
const OPCODES: Readonly<Record<number, string>> = {
  0: 'QUERY',
  1: 'IQUERY',
  2: 'STATUS',
  4: 'NOTIFY',
  5: 'UPDATE',
  6: 'DSO',
};
