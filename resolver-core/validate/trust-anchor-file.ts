/**
 * The state of a trust point (`trust-anchor.ts`) as text: the trust anchor file that Unbound
 * keeps (`auto-trust-anchor-file`). It is a zone file with DNSKEY and DS records; what RFC 5011 needs
 * beyond them stands in comments. A file with nothing but records, as an operator writes it, is the state
 * of a trust point that was never seen.
 *
 * Limitations: one trust point per file; no `$` directives; every record names its owner.
 */

import type { Name } from '../name/name.ts';
import { keyTagOf } from '../rdata.ts';
import { RRset } from '../rrset.ts';
import { formatInstant } from '../text/instant.ts';
import { rrsetLines } from '../text/presentation.ts';
import { readZone } from '../text/zonefile.ts';
import { TYPE, typeName } from '../wire/iana.ts';
import { type KeyState, newTrustPoint, type TrackedKey, type TrustPoint } from './trust-anchor.ts';

export type TrustAnchorFile =
  | { readonly ok: true; readonly point: TrustPoint }
  | {
      readonly ok: false;
      /** From 1. */
      readonly line: number;
      /** A sentence without position. */
      readonly message: string;
    };

/** Header fields and what they hold, in the order in which they are written. */
const FIELDS = [
  ['last_queried', 'lastQueried'],
  ['last_success', 'lastSuccess'],
  ['next_probe_time', 'nextProbe'],
  ['query_failed', 'failures'],
  ['query_interval', 'queryInterval'],
  ['retry_time', 'retryInterval'],
] as const;

type Header = { -readonly [K in (typeof FIELDS)[number][1]]?: TrustPoint[K] };

/** The three that are instants are written with their date as well. */
const INSTANTS: ReadonlySet<string> = new Set(['lastQueried', 'lastSuccess', 'nextProbe']);

/** Numbers of the states in the file; 0 (Start) and 5 (Removed) are keys that are not tracked. */
const STATES: readonly (KeyState | null)[] = [
  null,
  'add-pending',
  'valid',
  'missing',
  'revoked',
  null,
];

const LABELS: Readonly<Record<KeyState, string>> = {
  'add-pending': ' ADDPEND ',
  valid: '  VALID  ',
  missing: ' MISSING ',
  revoked: ' REVOKED ',
};

/** TTL of a record that states none (as in IANA's root anchors): Unbound's. */
const DEFAULT_TTL = 3_600;

export function writeTrustAnchorFile(point: TrustPoint): string {
  const { zone, deleted, keys, ds } = point;
  const lines = ['; autotrust trust anchor file'];
  if (deleted) {
    lines.push(
      ';;REVOKED',
      '; Every key was revoked: the zone counts as one without trust anchor.',
    );
    lines.push(
      '; What follows is what was seen last. To begin anew, write DS or DNSKEY in its place.',
    );
  }
  lines.push(`;;id: ${zone} 1`);
  for (const [field, property] of FIELDS) {
    const value = point[property];
    lines.push(`;;${field}: ${value}${INSTANTS.has(property) ? ` ;;${dateText(value)}` : ''}`);
  }
  for (const key of keys) lines.push(keyLine(zone, key));
  lines.push(...rrsetLines(new RRset(zone, TYPE.DS, DEFAULT_TTL, ds), false));
  return `${lines.join('\n')}\n`;
}

function keyLine(zone: Name, key: TrackedKey): string {
  const { rdata, ttl, state, sightings, changedAt } = key;
  const [record] = rrsetLines(new RRset(zone, TYPE.DNSKEY, ttl, [rdata]), false);
  const role = ((rdata[1] as number) & 1) === 1 ? 'ksk' : 'zsk';
  return (
    `${record} ;{id = ${keyTagOf(rdata)} (${role})} ;;state=${STATES.indexOf(state)} ` +
    `[${LABELS[state]}] ;;count=${sightings} ;;lastchange=${changedAt} ;;${dateText(changedAt)}`
  );
}

/** The first error, if any: a trust point with half of its anchors is none to run with. */
export function readTrustAnchorFile(text: string): TrustAnchorFile {
  const keys: TrackedKey[] = [];
  const ds: Uint8Array[] = [];
  const header: Header = {};
  let zone: Name | null = null;
  let deleted = false;
  const bad = (line: number, message: string): TrustAnchorFile => ({ ok: false, line, message });
  for (const { line, record, comment } of entriesOf(text)) {
    if (record === '') {
      const field = /^;;(\w+):\s*(\S+)/.exec(comment);
      if (comment.startsWith(';;REVOKED')) deleted = true;
      else if (field !== null && !readField(header, field[1] as string, field[2] as string)) {
        return bad(line, `${field[1]} wants a number, not ${field[2]}`);
      }
      continue;
    }
    const read = readZone(`$TTL ${DEFAULT_TTL}\n${record}`);
    if (!read.ok) return bad(line, read.errors[0]?.message ?? 'not a record');
    const rrset = read.rrsets[0];
    if (rrset === undefined) return bad(line, 'directives are not supported');
    if (zone !== null && !zone.equals(rrset.name)) {
      return bad(line, `records of ${zone} and of ${rrset.name} in one file`);
    }
    zone = rrset.name;
    if (rrset.type === TYPE.DS) ds.push(...rrset.rdata);
    else if (rrset.type !== TYPE.DNSKEY) {
      return bad(line, `${typeName(rrset.type)} is no trust anchor, only DNSKEY and DS are`);
    } else {
      const state = stateIn(comment);
      if (state === undefined) return bad(line, 'its state is none of RFC 5011');
      if (state !== null) keys.push(trackedKey(rrset, state, comment));
    }
  }
  if (zone === null) return bad(1, 'no DNSKEY or DS record');
  return { ok: true, point: { ...newTrustPoint(zone, null, null), ...header, keys, ds, deleted } };
}

/** False when a field that is known has a value that is no number. */
function readField(header: Header, name: string, value: string): boolean {
  const property = FIELDS.find(([field]) => field === name)?.[1];
  if (property === undefined) return true;
  if (!/^\d+$/.test(value)) return false;
  header[property] = Number(value);
  return true;
}

/** Valid unless stated; null for a key that is not tracked, undefined for a state that there is none of. */
function stateIn(comment: string): KeyState | null | undefined {
  const stated = numberIn(comment, 'state');
  return stated === undefined ? 'valid' : STATES[stated];
}

function numberIn(comment: string, name: string): number | undefined {
  const match = new RegExp(`;;${name}=(\\d+)`).exec(comment);
  return match === null ? undefined : Number(match[1]);
}

function trackedKey(rrset: RRset, state: KeyState, comment: string): TrackedKey {
  return {
    rdata: rrset.rdata[0] as Uint8Array,
    ttl: rrset.ttl,
    state,
    sightings: numberIn(comment, 'count') ?? 0,
    changedAt: numberIn(comment, 'lastchange') ?? 0,
  };
}

interface FileEntry {
  /** Of its first line, from 1. */
  readonly line: number;
  /** Without comments; lines that parentheses join are one. */
  readonly record: string;
  /** From its semicolon to the end of the line, of the last line. */
  readonly comment: string;
}

function* entriesOf(text: string): Generator<FileEntry> {
  let record = '';
  let first = 1;
  let open = 0;
  for (const [index, whole] of text.split('\n').entries()) {
    const data = /^(?:\\.|[^;\\])*/.exec(whole)?.[0] ?? '';
    if (open === 0) first = index + 1;
    record += `${data}\n`;
    for (const [mark] of data.matchAll(/\\.|[()]/g)) {
      if (mark === '(') open++;
      else if (mark === ')') open--;
    }
    if (open > 0) continue;
    yield { line: first, record: record.trim(), comment: whole.slice(data.length).trim() };
    record = '';
    open = 0;
  }
  if (record !== '') yield { line: first, record, comment: '' };
}

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** As C's `ctime`, in UTC: `Mon Aug 24 07:46:40 2009`. */
function dateText(epochSec: number): string {
  const iso = formatInstant(epochSec);
  const weekday = WEEKDAYS[Math.floor(epochSec / 86_400) % 7];
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  const day = String(Number(iso.slice(8, 10))).padStart(2);
  return `${weekday} ${month} ${day} ${iso.slice(11, 19)} ${iso.slice(0, 4)}`;
}
