/**
 * Options of Unbound into the settings of our resolver. Every option that a script may state is in
 * one of four ways known: it sets something here; it has no effect here, for the reason given; it may
 * only say what our resolver always does; or it asks for something outside the project's purpose, and
 * the script is not played. An option that is in none of these lists is an error.
 *
 * What a script leaves unsaid is as Unbound has it.
 */

import {
  DEFAULT_CONFIG,
  type ResolverConfig,
  type ServeStale,
} from '../../resolver-core/config.ts';
import type { DrawKey } from '../../resolver-core/events.ts';
import { Name, NameError } from '../../resolver-core/name/name.ts';
import type { FixedServer, FixedZone, ResolverPorts } from '../../resolver-core/node.ts';
import { STALE_PROFILES } from '../../resolver-core/policy/stale-profiles.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { type AddressPrefix, parsePrefix } from '../../resolver-core/text/address.ts';
import { parseTime } from '../../resolver-core/text/time.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { MILLISECOND } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { canonicalAddress } from './address.ts';
import { type Clause, type Option, type Script, ScriptError } from './script.ts';
import { trustPointsOf } from './trust-anchors.ts';

export type ScriptPorts = Pick<
  ResolverPorts,
  'rootHints' | 'trustAnchors' | 'maintenance' | 'insecureDomains' | 'fixedZones'
>;

export interface Settings {
  readonly config: ResolverConfig;
  readonly ports: ScriptPorts;
  /** Whether clients are told Extended DNS Errors (`ede`). */
  readonly tellsErrors: boolean;
}

type Anchor = ResolverPorts['trustAnchors'][number];

interface Draft {
  config: ResolverConfig;
  readonly anchors: Map<string, Anchor>;
  readonly insecure: Name[];
  readonly roots: FixedServer[];
  stale: ServeStale;
  servesStale: boolean;
  saysStale: boolean;
  tellsErrors: boolean;
}

/** The defaults of Unbound where they are not ours. */
const UNBOUND: ResolverConfig = {
  ...DEFAULT_CONFIG,
  legacyAlgorithms: true,
  signatureSkew: { fraction: 0.1, min: 3600, max: 86_400 },
  bogusRetries: 5,
  sendsPerServer: 5,
  aggressiveNsec: true,
  nxdomainCut: true,
  neverAsk: ['127.0.0.0/8', '::1'].map(knownPrefix),
  glueAcrossZones: true,
  nsBesideAnswers: false,
  maxNegativeTtl: 3600,
  initialTimeout: 376 * MILLISECOND,
};

/** The zone of the servers that a script names as root hints (RFC 8109). */
const ROOT: FixedZone = {
  zone: Name.root,
  role: 'stub',
  servers: [],
  fallback: false,
  prime: true,
  noCache: false,
};

/** What an option of `server:` does. */
type Rule =
  | { readonly kind: 'sets'; readonly apply: (draft: Draft, option: Option) => void }
  | { readonly kind: 'no-effect'; readonly reason: string }
  /** The resolver can do no other: any other value fails the script. */
  | { readonly kind: 'always'; readonly value: string; readonly reason: string }
  | {
      readonly kind: 'outside';
      readonly feature: string;
      readonly unless?: (values: readonly string[]) => boolean;
    };

/** The settings that a script asks for; throws `ScriptError` for an option that is not known. */
export function settingsOf(script: Script): Settings {
  const draft: Draft = {
    config: UNBOUND,
    anchors: new Map(),
    insecure: [],
    roots: [],
    stale: STALE_PROFILES.unbound,
    servesStale: false,
    saysStale: false,
    tellsErrors: false,
  };
  const points = trustPointsOf(script.files);
  const fixedZones: FixedZone[] = [];
  for (const clause of script.clauses) {
    if (clause.name === 'server') {
      for (const option of clause.options) applyServerOption(draft, option);
    } else if (clause.name === 'stub-zone' || clause.name === 'forward-zone') {
      fixedZones.push(fixedZoneOf(clause, clause.name === 'stub-zone' ? 'stub' : 'forward'));
    }
  }
  if (draft.roots.length > 0) fixedZones.push({ ...ROOT, servers: draft.roots });
  const trustAnchors = [...draft.anchors.values()];
  const validation = trustAnchors.length + points.length > 0;
  const errors: ServeStale['errors'] = draft.saysStale ? 'stale-answer' : 'none';
  const serveStale = draft.servesStale ? { ...draft.stale, errors } : null;
  const maintenance = points.length === 0 ? null : { points, draw: probeDraw };
  return {
    config: { ...draft.config, validation, serveStale },
    ports: {
      ...{ rootHints: [], trustAnchors, maintenance },
      ...{ insecureDomains: draft.insecure, fixedZones },
    },
    tellsErrors: draft.tellsErrors,
  };
}

/** What the options of a script ask for that lies outside the purpose; null when nothing does. */
export function outsideFeature(clauses: readonly Clause[]): string | null {
  for (const clause of clauses) {
    const feature = OUTSIDE_CLAUSES[clause.name];
    if (feature !== undefined) return feature;
  }
  for (const { name, options } of clauses) {
    if (name !== 'server') continue;
    for (const { key, values } of options) {
      const rule = SERVER[key];
      if (rule?.kind === 'outside' && rule.unless?.(values) !== true) return rule.feature;
    }
  }
  return null;
}

const OUTSIDE_CLAUSES: Readonly<Record<string, string>> = {
  'auth-zone': 'auth-zone',
  rpz: 'RPZ',
  view: 'views',
  cachedb: 'cachedb',
  python: 'modules',
  dynlib: 'modules',
  ipset: 'modules',
  dnscrypt: 'other transports',
  dnstap: 'modules',
  redis: 'cachedb',
};

function applyServerOption(draft: Draft, option: Option): void {
  const rule = SERVER[option.key];
  if (rule === undefined) fail(option, option.key, 'an option that is known (docs/replay.md)');
  if (rule.kind === 'sets') rule.apply(draft, option);
  if (rule.kind === 'always' && firstOf(option) !== rule.value) {
    fail(option, firstOf(option), `${rule.value}, since ${rule.reason}`);
  }
}

function sets(apply: (draft: Draft, option: Option) => void): Rule {
  return { kind: 'sets', apply };
}

/** A rule that sets one field of the configuration from the option's first word. */
function field<K extends keyof ResolverConfig>(
  key: K,
  read: (option: Option) => ResolverConfig[K],
): Rule {
  return sets((draft, option) => {
    draft.config = { ...draft.config, [key]: read(option) };
  });
}

function staleField<K extends keyof ServeStale>(
  key: K,
  read: (option: Option) => ServeStale[K],
): Rule {
  return sets((draft, option) => {
    draft.stale = { ...draft.stale, [key]: read(option) };
  });
}

function noEffect(reason: string): Rule {
  return { kind: 'no-effect', reason };
}

function always(value: string, reason: string): Rule {
  return { kind: 'always', value, reason };
}

function outside(feature: string, unless?: (values: readonly string[]) => boolean): Rule {
  return unless === undefined ? { kind: 'outside', feature } : { kind: 'outside', feature, unless };
}

const isNo = ([value]: readonly string[]): boolean => value === 'no';
const LOGGING = noEffect('nothing is logged');
/** About what one takes. */
const OCTETS_PER_ANSWER = 1024;
const SIZES = noEffect('the caches are large enough for any script');
const NO_VERSION = outside('identity of the server');
const BOUNDS = noEffect('the work of a node has bounds of its own (limits.ts)');

/** Options of `server:`, by what becomes of them. */
const SERVER: Readonly<Record<string, Rule>> = {
  // ---- set something ----
  'trust-anchor': sets((draft, option) => addAnchorLines(draft, [option.values.join(' ')], option)),
  'domain-insecure': sets((draft, option) => draft.insecure.push(nameOf(option))),
  'stub-addr': sets((draft, option) => draft.roots.push(serverOf(option))), // Deckard's root hints
  'val-override-date': sets(overrideDate),
  'qname-minimisation': field('qnameMinimisation', yesOrNo),
  'query-minimization': field('qnameMinimisation', yesOrNo), // Deckard's word for it
  'do-ip4': field('ipv4', yesOrNo),
  'do-ip6': field('ipv6', yesOrNo),
  'iter-scrub-promiscuous': field('nsBesideAnswers', (option) => !yesOrNo(option)),
  'harden-unverified-glue': field('siblingGlue', (option) => !yesOrNo(option)),
  'do-not-query-localhost': sets((draft, option) => {
    if (yesOrNo(option)) return;
    const neverAsk = draft.config.neverAsk.filter((prefix) => !UNBOUND.neverAsk.includes(prefix));
    draft.config = { ...draft.config, neverAsk };
  }),
  'do-not-query-address': sets((draft, option) => {
    const prefix =
      parsePrefix(firstOf(option)) ?? fail(option, firstOf(option), 'an address or prefix');
    draft.config = { ...draft.config, neverAsk: [...draft.config.neverAsk, prefix] };
  }),
  'minimal-responses': field('minimalResponses', yesOrNo),
  'harden-algo-downgrade': field('hardenAlgorithmDowngrade', yesOrNo),
  'cache-max-ttl': field('maxTtl', wholeNumber),
  'cache-min-ttl': field('minTtl', wholeNumber),
  'cache-max-negative-ttl': field('maxNegativeTtl', wholeNumber),
  'cache-min-negative-ttl': field('minNegativeTtl', wholeNumber),
  'aggressive-nsec': field('aggressiveNsec', yesOrNo),
  'harden-below-nxdomain': field('nxdomainCut', yesOrNo),
  'trust-anchor-signaling': field('signalKeyTags', yesOrNo),
  'root-key-sentinel': field('rootKeySentinel', yesOrNo),
  'serve-original-ttl': field('serveOriginalTtl', yesOrNo),
  prefetch: field('prefetch', (option) => (yesOrNo(option) ? 0.1 : 0)),
  'prefetch-key': field('prefetchKeys', yesOrNo),
  'serve-expired': sets((draft, option) => {
    draft.servesStale = yesOrNo(option);
  }),
  ede: sets((draft, option) => {
    draft.tellsErrors = yesOrNo(option);
  }),
  'ede-serve-expired': sets((draft, option) => {
    draft.saysStale = yesOrNo(option);
  }),
  'serve-expired-ttl': staleField('maxStale', wholeNumber),
  'serve-expired-ttl-reset': staleField('resetOnFailure', yesOrNo),
  'serve-expired-reply-ttl': staleField('answerTtl', wholeNumber),
  'serve-expired-client-timeout': staleField('clientTimeout', (option) => {
    return wholeNumber(option) * MILLISECOND; // milliseconds; 0: at once
  }),
  'msg-cache-size': field('answers', (option) =>
    Math.max(1, Math.floor(count(option) / OCTETS_PER_ANSWER)),
  ),
  'edns-buffer-size': field('udpSize', wholeNumber),
  'outbound-msg-retry': field('sendsPerServer', (option) => Math.max(1, count(option))),
  'val-max-restart': field('bogusRetries', count),
  'module-config': {
    kind: 'outside',
    feature: 'modules',
    unless: (values) => /^(validator )?iterator$/.test(values.join(' ')),
  },
  // ---- no effect here ----
  'fake-sha1': noEffect('SHA-1 is verified as it is'),
  'target-fetch-policy': noEffect('addresses of name servers are fetched when they are needed'),
  'rrset-roundrobin': noEffect('records keep their order'),
  verbosity: LOGGING,
  'val-log-level': LOGGING,
  'log-servfail': LOGGING,
  'log-time-ascii': LOGGING,
  'rrset-cache-size': SIZES,
  'msg-cache-slabs': SIZES,
  'num-queries-per-thread': BOUNDS,
  'do-tcp': always('yes', 'TCP is there'),
  'use-caps-for-id': always('no', 'case is not used to tell queries apart'),
  'discard-timeout': noEffect('an answer is given however late it is'),
  'hide-trustanchor': noEffect('what is trusted is asked for in class CH, which is not played'),
  'iter-scrub-ns': noEffect('an NS RRset is kept whole, and the first names of it are used'),
  'harden-referral-path': noEffect('what a referral says is never given as an answer'),
  'harden-unknown-additional': noEffect('only addresses are taken from the additional section'),
  'harden-glue': noEffect('glue from outside the zone is never taken'),
  'max-query-restarts': BOUNDS,
  'max-global-quota': BOUNDS,
  'max-sent-count': BOUNDS,
  'val-nsec3-keysize-iterations': noEffect('one bound holds for keys of all sizes (RFC 9276)'),
  'root-hints': noEffect('scripts name the servers of the root by a stub zone, or by stub-addr'),
  // ---- outside the purpose ----
  'access-control': outside('access control', ([, action]) =>
    /^allow(_snoop)?$/.test(action ?? ''),
  ),
  'local-zone': outside('local zones', ([, type]) => type === 'nodefault'),
  'local-data': outside('local zones'),
  'local-data-ptr': outside('local zones'),
  'local-zone-tag': outside('local zones'),
  'local-zone-override': outside('local zones'),
  'access-control-tag': outside('access control'),
  'access-control-tag-action': outside('access control'),
  'access-control-tag-data': outside('access control'),
  'define-tag': outside('access control'),
  'response-ip': outside('response policies by address'),
  'response-ip-data': outside('response policies by address'),
  'dns64-prefix': outside('DNS64'),
  'dns64-ignore-aaaa': outside('DNS64'),
  'dns64-synthall': outside('DNS64'),
  'do-nat64': outside('NAT64', isNo),
  'nat64-prefix': outside('NAT64'),
  'allow-notify': outside('auth-zone'),
  'zonemd-check': outside('auth-zone'),
  'edns-client-string': outside('EDNS client strings'),
  'edns-client-string-opcode': outside('EDNS client strings'),
  'edns-tcp-keepalive': outside('EDNS TCP keepalive'),
  'edns-tcp-keepalive-timeout': outside('EDNS TCP keepalive'),
  'answer-cookie': outside('DNS cookies'),
  'cookie-secret': outside('DNS cookies'),
  'dns-error-reporting': outside('DNS error reporting'),
  nsid: outside('NSID'),
  identity: NO_VERSION,
  version: NO_VERSION,
  'hide-identity': NO_VERSION,
  'hide-version': NO_VERSION,
};

/** A date, seconds since 1970, or -1: signatures are good at any time. */
function overrideDate(draft: Draft, option: Option): void {
  const text = firstOf(option);
  if (text === '-1') {
    const always = 0x7fff_ffff;
    const signatureSkew = { fraction: 0, min: always, max: always };
    draft.config = { ...draft.config, signatureSkew };
    return;
  }
  const validationDate = parseTime(text) ?? fail(option, text, 'a date as YYYYMMDDHHmmSS');
  draft.config = { ...draft.config, validationDate };
}

/** Queries of clients have source 0 (`run.ts`). */
const probeDraw = (probe: number): DrawKey => ({ source: 1, ordinal: probe, attempt: 0 });

function addAnchorLines(draft: Draft, lines: readonly string[], option?: Option): void {
  const file = readZone(`$TTL 3600\n${lines.join('\n')}\n`);
  if (!file.ok) {
    const { line = 1, column = 1 } = option ?? {};
    throw new ScriptError(
      line,
      column,
      lines.join(' '),
      `DS or DNSKEY records: ${file.errors[0]?.message}`,
    );
  }
  for (const rrset of file.rrsets) {
    if (rrset.type !== TYPE.DS && rrset.type !== TYPE.DNSKEY) continue;
    const known = draft.anchors.get(rrset.name.key) ?? { zone: rrset.name, ds: null, dnskey: null };
    draft.anchors.set(
      rrset.name.key,
      rrset.type === TYPE.DS
        ? { ...known, ds: joined(known.ds, rrset) }
        : { ...known, dnskey: joined(known.dnskey, rrset) },
    );
  }
}

function joined(before: RRset | null, more: RRset): RRset {
  if (before === null) return more;
  return new RRset(more.name, more.type, more.ttl, [...before.rdata, ...more.rdata]);
}

function fixedZoneOf(clause: Clause, role: FixedZone['role']): FixedZone {
  const prefix = role === 'stub' ? 'stub' : 'forward';
  let zone = Name.root;
  let fallback = false;
  let prime = false;
  let noCache = false;
  const servers: FixedServer[] = [];
  for (const option of clause.options) {
    switch (option.key) {
      case 'name':
        zone = nameOf(option);
        break;
      case `${prefix}-addr`:
        servers.push(serverOf(option));
        break;
      case `${prefix}-host`:
        servers.push({ name: nameOf(option), addresses: [] });
        break;
      case `${prefix}-first`:
        fallback = yesOrNo(option);
        break;
      case 'stub-prime':
        prime = yesOrNo(option);
        break;
      case `${prefix}-no-cache`:
        noCache = yesOrNo(option);
        break;
      default:
        fail(option, option.key, `an option of ${clause.name}`);
    }
  }
  // Servers of the root are always root hints (RFC 8109), as Unbound has it.
  prime ||= role === 'stub' && zone.isRoot;
  return { zone, role, servers, fallback, prime, noCache };
}

function serverOf(option: Option): FixedServer {
  const text = firstOf(option);
  const address = canonicalAddress(text) ?? fail(option, text, 'an IP address');
  return { name: null, addresses: [address] };
}

function firstOf(option: Option): string {
  return option.values[0] ?? fail(option, '', 'a value');
}

function nameOf(option: Option): Name {
  const text = firstOf(option);
  try {
    return Name.parse(text);
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    return fail(option, text, 'a domain name');
  }
}

function knownPrefix(text: string): AddressPrefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is no address prefix`);
  return prefix;
}

function yesOrNo(option: Option): boolean {
  const text = firstOf(option);
  if (text === 'yes' || text === 'on') return true;
  return text === 'no' || text === 'off' ? false : fail(option, text, 'yes or no');
}

function wholeNumber(option: Option): number {
  const text = firstOf(option);
  return /^\d{1,9}$/.test(text) ? Number(text) : fail(option, text, 'a whole number');
}

function count(option: Option): number {
  const text = firstOf(option);
  return /^\d{1,9}$/.test(text) ? Number(text) : fail(option, text, 'a number');
}

function fail({ line, column }: Option, found: string, expected: string): never {
  throw new ScriptError(line, column, found, expected);
}
