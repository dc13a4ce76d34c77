/**
 * The steps of a traced lookup in words and as plain data (`zonequake trace`, its JSON included).
 * What is told is what the core observed; nothing is worked out anew here. Where a query went is the world's
 * to know.
 */

import type { TraceStep } from '../../resolver-core/events.ts';
import type { ExtendedError, Message, Question } from '../../resolver-core/message.ts';
import { dnsKeysOf, dsOf } from '../../resolver-core/rdata.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { toHex } from '../../resolver-core/text/encoding.ts';
import { formatInstant } from '../../resolver-core/text/instant.ts';
import { rrsetLines } from '../../resolver-core/text/presentation.ts';
import { epochSeconds, type Micros } from '../../resolver-core/time.ts';
import { edeName } from '../../resolver-core/wire/ede.ts';
import { EDE, rcodeName, typeName } from '../../resolver-core/wire/iana.ts';
import type { MetSite } from '../net/upstream.ts';

/** One step, ready to be printed. */
export interface DescribedStep {
  /** Milliseconds since the query reached the node. */
  readonly ms: number;
  /** How many lookups deep: 0 for the client's own. */
  readonly depth: number;
  readonly kind: TraceStep['kind'];
  /** false where something failed, true where something was found good, null for plain events. */
  readonly ok: boolean | null;
  readonly text: string;
  readonly details: readonly string[];
}

function siteText(site: MetSite | null): string {
  if (site === null) return '';
  const { name, standsSince } = site;
  if (standsSince === null) return `, at site ${name}`;
  return `, at site ${name}, without updates since ${formatInstant(epochSeconds(standsSince))}`;
}

/** `isOwner`: it happened at the node that another one asked. */
export function describe(
  at: Micros,
  depth: number,
  isOwner: boolean,
  step: TraceStep,
  site: MetSite | null = null,
): DescribedStep {
  const made = (ok: boolean | null, text: string, details: string[] = []): DescribedStep => ({
    ms: at / 1000,
    depth,
    kind: step.kind,
    ok,
    text,
    details,
  });
  switch (step.kind) {
    case 'query': {
      const cd = step.checkingDisabled ? ', CD=1: the client does not want validation' : '';
      const who = step.forwarded ? 'the owner is asked' : 'client asks';
      const tags = step.tags.length === 0 ? '' : `, tagged ${step.tags.join(' ')}`;
      return made(null, `${who} ${questionText(step.question)}${tags}${cd}`);
    }
    case 'cache':
      return made(null, `${storeText(step.store)} for ${step.name}: ${step.text}`);
    case 'lookup':
      return made(null, `needs ${questionText(step.question)} first`);
    case 'ask': {
      const over = step.transport === 'tcp' ? ' over TCP' : '';
      const server = `${step.serverName} (${step.server})`;
      return made(
        null,
        `asks ${questionText(step.question)} of ${server}, a server of ${step.zone}${over}${siteText(site)}`,
      );
    }
    case 'response': {
      const took = `after ${(step.elapsed / 1000).toFixed(1)} ms`;
      return made(
        step.verdict.startsWith('lame') ? false : null,
        `response ${took}: ${verdictText(step.verdict)}, ${headerText(step.message)}`,
        sectionLines(step.message),
      );
    }
    case 'timeout':
      return made(false, `no response within ${(step.elapsed / 1000).toFixed(0)} ms`);
    case 'forward': {
      const named = (kind: string, tags: readonly string[]): string =>
        tags.length === 0 ? '' : `, ${kind} ${tags.join(' ')}`;
      const tags = named('with', step.tags) + named('dropping', step.dropped);
      return made(null, `forwards ${questionText(step.question)} to node ${step.owner}${tags}`);
    }
    case 'forwarded': {
      const took = `after ${(step.elapsed / 1000).toFixed(1)} ms`;
      return made(null, `answer of node ${step.owner} ${took}: ${step.source}`);
    }
    case 'validate': {
      const subject = `${step.rrset.name} ${typeName(step.rrset.type)}`;
      const { error } = step;
      const text =
        error === null ? `${subject}: signature good, ${step.text}` : `${subject}: ${step.text}`;
      const why = error === null ? undefined : REASONS.get(error.code);
      const lines = signatureLines(step.rrset);
      return made(error === null, text, why === undefined ? lines : [...lines, why]);
    }
    case 'chain':
      return made(
        step.state !== 'bogus',
        `zone ${step.zone} is ${step.state}: ${step.text}`,
        chainLines(step.ds, step.dnskey),
      );
    case 'outcome': {
      const { rcode, errors } = step.answer;
      const ad = step.authenticated ? ', AD' : '';
      const what =
        step.depth > 0
          ? `${questionText(step.question)} ends in`
          : `answer to the ${isOwner ? 'node that asked' : 'client'}:`;
      return made(
        errors.length === 0 || rcode === 0,
        `${what} ${rcodeName(rcode)}${ad}`,
        errors.map(errorText),
      );
    }
  }
}

/** What an error code says about the signature, for readers who do not know the codes. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [EDE.DNSSEC_BOGUS, 'the zone publishes a key with this tag, but not the one that signed'],
  [EDE.DNSKEY_MISSING, 'the zone publishes no key with this tag'],
  [EDE.RRSIGS_MISSING, 'the zone is signed, so a signature had to be there'],
]);

export function questionText(question: Question): string {
  return `${question.name} ${typeName(question.type)}`;
}

export function errorText(error: ExtendedError): string {
  const name = edeName(error.code);
  const code = name === undefined ? `EDE ${error.code}` : `EDE ${error.code} (${name})`;
  return error.text === '' ? code : `${code}: ${error.text}`;
}

function storeText(store: Extract<TraceStep, { kind: 'cache' }>['store']): string {
  switch (store) {
    case 'answer':
      return 'answer cache';
    case 'failure':
      return 'failure cache';
    case 'delegation':
      return 'closest delegation';
    case 'alias':
      return 'alias';
    case 'static-zone':
      return 'local copy of the root';
  }
}

function verdictText(verdict: string): string {
  return verdict.replace(/^nodata/, 'NODATA').replace(/^nxdomain/, 'name error');
}

function headerText(message: Message): string {
  const flags = [message.authoritative ? 'AA' : '', message.truncated ? 'TC' : ''].filter(Boolean);
  return [rcodeName(message.rcode), ...flags].join(' ');
}

/** Octets of base64 after which a signature or key is cut short: a trace is read by people. */
const READABLE = 60;

function sectionLines(message: Message): string[] {
  const lines: string[] = [];
  const sections: readonly (readonly [string, readonly RRset[]])[] = [
    ['answer', message.answer],
    ['authority', message.authority],
    ['additional', message.additional],
  ];
  for (const [title, rrsets] of sections) {
    for (const rrset of rrsets) {
      for (const line of rrsetLines(rrset, message.dnssec)) {
        lines.push(`${title}: ${shortened(line.replaceAll('\t', ' '))}`);
      }
    }
  }
  return lines;
}

function shortened(line: string): string {
  return line
    .split(' ')
    .map((word) =>
      word.length > READABLE && !word.endsWith('.') ? `${word.slice(0, 16)}...` : word,
    )
    .join(' ');
}

function signatureLines(rrset: RRset): string[] {
  return rrset.signatures.map((rrsig) => {
    const times = `${formatInstant(rrsig.inception)} to ${formatInstant(rrsig.expiration)}`;
    return `RRSIG by ${rrsig.signer} keytag=${rrsig.keyTag} algorithm=${rrsig.algorithm}, valid ${times}`;
  });
}

function chainLines(ds: RRset | null, dnskey: RRset | null): string[] {
  const lines: string[] = [];
  for (const each of ds === null ? [] : dsOf(ds)) {
    const digest = toHex(each.digest);
    lines.push(
      `DS keytag=${each.keyTag} algorithm=${each.algorithm} digest type ${each.digestType} ${digest}`,
    );
  }
  for (const key of dnskey === null ? [] : dnsKeysOf(dnskey)) {
    const role = key.isSecureEntryPoint ? 'KSK' : 'ZSK';
    lines.push(
      `DNSKEY keytag=${key.keyTag} algorithm=${key.algorithm} flags=${key.flags} (${role})`,
    );
  }
  return lines;
}
