/**
 * Writes the signed replay scripts, sim/rpl/scripts/signed-*.rpl: a script that is played needs real
 * signatures, and nobody writes those by hand. Run it after a change of the texts below:
 *
 *     node --import tsx scripts/dev/make-scripts.ts
 *
 * Keys and validity are fixed, and signing is deterministic: the same octets on every machine. In the
 * texts, a record that ends in `; SIGN zone` is followed by its RRSIG, one in `; BREAK zone` by an RRSIG
 * with another last octet, one in `; EXPIRE zone` by one that is over; `@DS zone` and `@DNSKEY zone` stand
 * for the RDATA of the zone's one key. Every RRset has one record.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Name } from '../../resolver-core/name/name.ts';
import { rdataText } from '../../resolver-core/text/presentation.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { rrsigRdata } from '../../resolver-core/wire/rrsets.ts';
import { ed25519Key, KSK_FLAGS, type SigningKey } from '../../sim/authority/keys.ts';
import { dsRdata, signRrset } from '../../sim/authority/sign.ts';

/** Instants in seconds since 1970; the scripts play on 15 January 2024. */
const INCEPTION = 1_704_067_200;
const EXPIRATION = 1_706_745_600;
const EXPIRED = 1_704_672_000;
const SHA256 = 2;

function keyOf(zone: string): SigningKey {
  return ed25519Key({ seed: `replay scripts ${zone}`, flags: KSK_FLAGS });
}

/** The RRSIG record of a line that is a record. */
function signatureLine(line: string, mark: string, zone: string): string {
  const file = readZone(`${line}\n`);
  const [rrset] = file.ok ? file.rrsets : [];
  if (rrset === undefined) throw new Error(`no record: ${line}`);
  const rrsig = signRrset(rrset, keyOf(zone), {
    signer: Name.parse(zone),
    inception: INCEPTION,
    expiration: mark === 'EXPIRE' ? EXPIRED : EXPIRATION,
    originalTtl: rrset.ttl,
  });
  const rdata = rrsigRdata(rrsig);
  if (mark === 'BREAK') rdata[rdata.length - 1] = (rdata.at(-1) as number) ^ 1;
  return `${rrset.name} ${rrset.ttl} IN RRSIG ${rdataText(TYPE.RRSIG, rdata)}`;
}

function finished(text: string): string {
  const keyed = text
    .trimStart()
    .replace(/@DS (\S+\.)/g, (_, zone: string) => {
      return `DS ${rdataText(TYPE.DS, dsRdata(Name.parse(zone), keyOf(zone).dnskey, SHA256))}`;
    })
    .replace(/@DNSKEY (\S+\.)/g, (_, zone: string) => {
      return `DNSKEY ${rdataText(TYPE.DNSKEY, keyOf(zone).dnskey.rdata)}`;
    });
  return keyed.replace(/^(.*\S) ; (SIGN|BREAK|EXPIRE) (\S+)$/gm, (_, line, mark, zone) => {
    return `${line}\n${signatureLine(line, mark, zone)}`;
  });
}

function entry(match: string, reply: string, question: string, records: string): string {
  const lines = [
    ...['ENTRY_BEGIN', `MATCH ${match}`, match.startsWith('opcode') ? 'ADJUST copy_id' : ''],
    ...[`REPLY ${reply}`, 'SECTION QUESTION', question, records, 'ENTRY_END', ''],
  ];
  return lines.filter((line, i) => line !== '' || i === lines.length - 1).join('\n');
}

const served = (question: string, records: string, reply = 'QR AA NOERROR'): string =>
  entry('opcode qname qtype', reply, question, records);

/** A client with DO asks at `step`, and is answered at the next. */
function asked(step: number, question: string, reply: string, records: string, more = ''): string {
  const [flags, answer] = reply.startsWith('CD ') ? ['RD CD DO', reply.slice(3)] : ['RD DO', reply];
  const cd = flags === 'RD DO' ? '' : 'CD ';
  return `STEP ${step} QUERY
ENTRY_BEGIN
REPLY ${flags}
SECTION QUESTION
${question}
ENTRY_END
STEP ${step + 1} CHECK_ANSWER
${entry(`all${more}`, `QR RD RA ${cd}DO ${answer}`, question, records)}`;
}

const KEYS = (zone: string): string =>
  served(`${zone} IN DNSKEY`, `SECTION ANSWER\n${zone} 3600 IN @DNSKEY ${zone} ; SIGN ${zone}`);

const SOA = 'test. 900 IN SOA ns.test. admin.test. 1 7200 3600 86400 900 ; SIGN test.';
const APEX = 'test. 900 IN NSEC a.test. NS SOA RRSIG NSEC DNSKEY ; SIGN test.';
const MIDDLE = 'a.test. 900 IN NSEC z.test. A RRSIG NSEC ; SIGN test.';
const POSITIVE = 'SECTION ANSWER\na.test. 300 IN A 198.51.100.7 ; SIGN test.';
const NODATA = `SECTION AUTHORITY\n${SOA}\n${MIDDLE}`;
const NO_NAME = `SECTION AUTHORITY\n${SOA}\n${APEX}\n${MIDDLE}`;
const BROKEN = 'SECTION ANSWER\nbroken.test. 300 IN A 198.51.100.8 ; BREAK test.';
const LATE = 'SECTION ANSWER\nlate.test. 300 IN A 198.51.100.9 ; EXPIRE test.';

const DENIAL = `
; Made by scripts/dev/make-scripts.ts.
server:
	trust-anchor: "test. @DS test."
	val-override-date: "20240115000000"
	qname-minimisation: no
	aggressive-nsec: yes
	trust-anchor-signaling: no
stub-zone: name: "test" stub-addr: 192.0.2.9
CONFIG_END

SCENARIO_BEGIN Proves that a name is there, that a type is not, and that a name is not

RANGE_BEGIN 0 35
	ADDRESS 192.0.2.9
${KEYS('test.')}${served('a.test. IN A', POSITIVE)}${served('a.test. IN AAAA', NODATA)}${served(
  'm.test. IN A',
  NO_NAME,
  'QR AA NXDOMAIN',
)}RANGE_END

${asked(1, 'a.test. IN A', 'AD NOERROR', POSITIVE)}
${asked(10, 'a.test. IN AAAA', 'AD NOERROR', NODATA)}
${asked(20, 'm.test. IN A', 'AD NXDOMAIN', NO_NAME)}
; Nobody answers any more: what was proven serves for another name and another type.
${asked(40, 'n.test. IN TXT', 'AD NXDOMAIN', NO_NAME)}
${asked(50, 'a.test. IN MX', 'AD NOERROR', NODATA)}SCENARIO_END
`;

const BOGUS = `
; Made by scripts/dev/make-scripts.ts.
server:
	trust-anchor: "test. @DS test."
	val-override-date: "20240115000000"
	qname-minimisation: no
	trust-anchor-signaling: no
	ede: yes
stub-zone: name: "test" stub-addr: 192.0.2.9
CONFIG_END

SCENARIO_BEGIN Refuses signatures that are wrong or over, and says which it was

RANGE_BEGIN 0 100
	ADDRESS 192.0.2.9
${KEYS('test.')}${served('a.test. IN A', POSITIVE)}${served('broken.test. IN A', BROKEN)}${served(
  'late.test. IN A',
  LATE,
)}RANGE_END

${asked(1, 'broken.test. IN A', 'SERVFAIL', '', ' ede=6')}
${asked(10, 'late.test. IN A', 'SERVFAIL', '', ' ede=7')}
${asked(20, 'a.test. IN A', 'AD NOERROR', POSITIVE)}
; A client that checks for itself gets the data as they are.
${asked(30, 'broken.test. IN A', 'CD NOERROR', BROKEN)}SCENARIO_END
`;

const REFERRAL = `SECTION AUTHORITY
island.test. 300 IN NS ns.island.test.
SECTION ADDITIONAL
ns.island.test. 300 IN A 192.0.2.10`;
const PLAIN = 'SECTION ANSWER\nwww.test. 300 IN A 198.51.100.7';
const ISLE = 'SECTION ANSWER\nwww.island.test. 300 IN A 198.51.100.8 ; SIGN island.test.';

const ISLAND = `
; Made by scripts/dev/make-scripts.ts.
server:
	trust-anchor: "island.test. @DS island.test."
	val-override-date: "20240115000000"
	qname-minimisation: no
	trust-anchor-signaling: no
stub-zone: name: "test" stub-addr: 192.0.2.9
CONFIG_END

SCENARIO_BEGIN Validates below an anchor, and nothing above it

RANGE_BEGIN 0 100
	ADDRESS 192.0.2.9
${served('www.test. IN A', PLAIN)}${entry(
  'opcode subdomain',
  'QR NOERROR',
  'island.test. IN A',
  REFERRAL,
).replace('copy_id', 'copy_id copy_query')}RANGE_END

RANGE_BEGIN 0 100
	ADDRESS 192.0.2.10
${KEYS('island.test.')}${served('www.island.test. IN A', ISLE)}RANGE_END

${asked(1, 'www.test. IN A', 'NOERROR', PLAIN)}
${asked(10, 'www.island.test. IN A', 'AD NOERROR', ISLE)}SCENARIO_END
`;

/** The scripts, by the name of their file. */
export function makeScripts(): ReadonlyMap<string, string> {
  return new Map([
    ['signed-denial.rpl', finished(DENIAL)],
    ['signed-bogus.rpl', finished(BOGUS)],
    ['signed-island.rpl', finished(ISLAND)],
  ]);
}

export const SCRIPTS_FOLDER: URL = new URL('../../sim/rpl/scripts/', import.meta.url);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of makeScripts()) writeFileSync(new URL(name, SCRIPTS_FOLDER), text);
}
