import { expect, test } from 'vitest';
import type { Message } from '../message.ts';
import { Name } from '../name/name.ts';
import { ReceivedRrsig, RRset } from '../rrset.ts';
import { EDE, RCODE, TYPE } from '../wire/iana.ts';
import { messageText } from './message.ts';

const name = Name.parse('www.example');

const message: Message = {
  response: true,
  opcode: 0,
  rcode: RCODE.SERVFAIL,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: true,
  authenticatedData: false,
  checkingDisabled: false,
  question: { name, type: TYPE.A },
  answer: [
    new RRset(
      name,
      TYPE.A,
      60,
      [Uint8Array.of(192, 0, 2, 1)],
      [
        new ReceivedRrsig(
          {
            typeCovered: TYPE.A,
            algorithm: 13,
            labels: 2,
            originalTtl: 60,
            expiration: 86_400,
            inception: 0,
            keyTag: 33_834,
            signer: Name.parse('example'),
          },
          Uint8Array.of(1),
        ),
      ],
    ),
  ],
  authority: [],
  additional: [],
  edns: {
    version: 0,
    udpSize: 1232,
    dnssecOk: true,
    extendedErrors: [
      { code: EDE.DNSSEC_BOGUS, text: 'bad\u001b[31m' },
      { code: 4_096, text: '' },
    ],
    options: [{ code: 10, data: Uint8Array.of(1, 2) }],
  },
  dnssec: true,
};

test('a message reads as dig prints it, and nothing in it controls the terminal', () => {
  expect(messageText(message)).toBe(`;; opcode: QUERY, status: SERVFAIL
;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0
; EDNS: version: 0, flags: do; udp: 1232
; OPT=10: 0102
; EDE: 6 (DNSSEC Bogus): "bad\\027[31m"
; EDE: 4096

;; QUESTION SECTION:
;www.example.\tIN\tA

;; ANSWER SECTION:
www.example.\t60\tIN\tA\t192.0.2.1
www.example.\t60\tIN\tRRSIG\tA 13 2 60 19700102000000 19700101000000 33834 example. AQ==
`);
});

test('without dnssec, signatures are not part of it', () => {
  const text = messageText({ ...message, edns: null, question: null, dnssec: false });
  expect(text).toContain('QUERY: 0, ANSWER: 1,');
  expect(text).not.toContain('RRSIG');
  expect(text).not.toContain('EDNS');
});
