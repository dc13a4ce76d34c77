/** The language of the world: zones, operators, hosting, network, cluster and traffic. */

import type { ForwardingChange, ResolverPlan } from '../../sim/plan.ts';
import type {
  AuthoritativeScenario,
  ClusterScenario,
  HostingScenario,
  NetworkScenario,
  OperatorScenario,
  OriginScenario,
  RouteScenario,
  SigningScenario,
  TrafficScenario,
  ZoneScenario,
} from '../scenario.ts';
import { staticZone } from './apps.ts';
import { clients } from './clients.ts';
import { serveStale } from './stale.ts';
import {
  algorithm,
  changes,
  domain,
  dsRecord,
  duration,
  flag,
  hex,
  identifier,
  instant,
  list,
  map,
  maybe,
  named,
  number,
  optional,
  orJust,
  orOne,
  type Schema,
  share,
  shareOrOff,
  shift,
  text,
  ttl,
  weight,
  whole,
  withDefaults,
  word,
} from './values.ts';

export const route: Schema<RouteScenario> = map({
  colos: list(identifier).prefault([]).describe('from these colos'),
  regions: list(identifier)
    .prefault([])
    .describe('and from all colos of these regions; neither named: from everywhere'),
  family: word(['ipv4', 'ipv6', 'both']).prefault('both').describe('addresses of which family'),
  servers: list(domain)
    .prefault([])
    .describe('addresses of which servers; none named: of all that stand there'),
  to: identifier.describe('which site they lead to'),
});

export const operator: Schema<OperatorScenario> = map({
  servers: list(domain).describe('host names of the servers'),
  families: orOne(word(['ipv4', 'ipv6']))
    .prefault(['ipv4'])
    .describe('in which every server has an address'),
  sites: list(
    orJust(
      'region',
      map({
        name: maybe(identifier, 'that of its region').describe('what routes and acts call it'),
        region: identifier.describe('where it is, by regions of the network'),
        servers: list(domain).prefault([]).describe('which servers stand there; none named: all'),
      }),
    ),
  ).describe('anycast instances of its servers: regions, or maps'),
  catchments: list(route)
    .prefault([])
    .describe(
      'routes at the start; of several that fit the last holds, elsewhere the nearest site',
    ),
  behaviour: word(['answer', 'refuse', 'silent'])
    .prefault('answer')
    .describe('answer, refuse every question, or say nothing'),
  delay: duration.prefault('0s').describe('added to every round trip'),
  loss: maybe(share, 'that of the network').describe('share of round trips that are lost'),
});

const keyPair = map({
  role: word(['ksk', 'zsk']).describe('signs the DNSKEY RRset (ksk) or everything else (zsk)'),
  algorithm: algorithm.describe('number or name'),
  bits: whole(0, 4096, 'larger RSA keys are refused by resolvers')
    .prefault(0)
    .describe('RSA modulus size: 1024, 1280 or 2048; 0 for curves'),
  tag: maybe(whole(0, 0xffff), 'whatever it comes to').describe(
    'the key is made to have this tag: many are tried, which takes RSA no time and curves some seconds',
  ),
  copies: whole(1, 16, 'one per signing machine')
    .prefault(1)
    .describe('key pairs with that tag; only the first is ever published'),
  publish: maybe(instant, 'always there').describe('in the DNSKEY RRset from then on'),
  remove: maybe(instant, 'never removed').describe('no longer in the DNSKEY RRset'),
});

const validity = {
  validity: duration.describe('from inception to expiration'),
  backdate: duration.describe('how far the inception lies before the signing'),
  'resign-every': duration.describe(
    'each RRset is signed anew once in this time, each at an instant of its own',
  ),
};

const signing: Schema<SigningScenario> = map({
  ...validity,
  'serial-every': duration.describe('a new SOA this often'),
  'dnskey-validity': maybe(duration, 'as `validity`').describe('the same for the DNSKEY RRset'),
  'apex-nsec-ends': maybe(instant, 'whenever it comes to').describe(
    'an instant at which the signature over the NSEC or NSEC3 of the apex ends, if it is not signed anew before: so it is signed `validity` less `backdate` before, and every `resign-every` from there. With opt-out that record is part of every proof that a delegation is not signed',
  ),
  keys: named(keyPair).describe('by an id of your own'),
  ksk: maybe(identifier, 'the only key of that role').describe('which KSK signs at the start'),
  zsk: maybe(identifier, 'the only key of that role').describe('which ZSK signs at the start'),
  nsec3: maybe(
    map({
      iterations: whole(0, 2500, 'RFC 5155 section 10.3 allows no more').describe(
        'additional iterations of the hash',
      ),
      salt: hex.describe('hexadecimal, "" for none'),
      'opt-out': flag.describe('unsigned delegations have no NSEC3 of their own'),
    }),
    'NSEC',
  ).describe('denial of existence by NSEC3'),
}).meta({ title: 'signing' });

export const zone: Schema<ZoneScenario> = map({
  parent: maybe(domain, 'the closest zone above').describe('the zone that delegates it'),
  operator: identifier.describe('who serves it'),
  ttl: map({
    soa: ttl.describe('of the SOA record'),
    negative: ttl.describe('SOA MINIMUM: how long resolvers keep that something does not exist'),
    ns: ttl.describe('of the NS RRset at its apex'),
    delegation: ttl.describe('of the NS RRsets with which it delegates'),
    ds: ttl.describe('of the DS RRsets of its delegations'),
    dnskey: ttl.describe('of its DNSKEY RRset'),
    nsec: ttl.describe('of its NSEC or NSEC3 records'),
  }).describe('lifetimes of its records'),
  registry: maybe(
    map({
      names: whole(0, 1e9, 'the largest zone has 160 million').describe('delegations in all'),
      signed: share.describe('share of them with a DS'),
    }),
    'only for the root, and for zones with a snapshot',
  ).describe('what it delegates'),
  signing: maybe(signing, 'the zone is not signed').describe('keys, and when what is signed'),
  snapshot: maybe(text, 'data made from rules').describe(
    'a master file (RFC 1035 section 5) with the data of the zone, also packed (`.gz`); the path counts from the file that says it',
  ),
  serve: maybe(
    word(['as-is', 're-signed']),
    're-signed where there is `signing`, else as-is',
  ).describe('what becomes of a snapshot'),
  'trust-anchor': orOne(dsRecord)
    .prefault([])
    .describe('of a root that is served as it is: the DS records that resolvers trust'),
});

const tlds = list(domain).prefault([]);

export const hosting: Schema<HostingScenario> = map({
  hosters: named(
    map({
      share: weight.describe('among those who serve a TLD'),
      tlds: tlds.describe('whose domains it hosts; none named: all'),
    }),
  ).describe('who serves domains; the names are those of operators'),
  ttl: map({
    ns: ttl.describe('of the NS RRset at the apex'),
    dnskey: ttl.describe('of the DNSKEY RRset'),
    soa: ttl.describe('of the SOA record'),
    negative: ttl.describe('SOA MINIMUM'),
    answers: list(
      map({
        seconds: ttl.describe('the TTL'),
        share: share.describe('of host names that have it'),
      }),
    ).describe('of addresses and other answers'),
  }).describe('lifetimes of their records'),
  signing: map({
    algorithms: list(
      map({
        algorithm: algorithm.describe('number or name'),
        share: share.describe('of signed domains'),
      }),
    ).describe('with which domains are signed'),
    ...validity,
  }).describe('how signed domains are signed'),
  types: map({
    aaaa: share.describe('with an AAAA RRset'),
    https: share.describe('with an HTTPS RRset'),
    txt: share.describe('with a TXT RRset'),
    mx: share.describe('with an MX RRset'),
  }).describe('shares of host names that own the type; all but aliases own A'),
  aliases: map({
    share: share.describe('of host names that are a CNAME'),
    ttl: ttl.describe('of the CNAME'),
    targets: list(
      map({
        domain: domain.describe('below which the target lies'),
        share: weight.describe('among the targets of a TLD'),
        tlds: tlds.describe('whose domains lead there; none named: all'),
      }),
    ).describe('where they lead'),
  }).describe('CNAMEs'),
  wildcards: share.describe('of domains in which every name exists'),
  broken: map({
    'expired-signatures': share.prefault(0).describe('signed once and forgotten'),
    'wrong-ds': share.prefault(0).describe('a DS for a key that is gone'),
    refused: share.prefault(0).describe('delegated to servers that refuse'),
    unreachable: share.prefault(0).describe('delegated to servers that say nothing'),
  }).describe('shares of domains that are broken for ordinary reasons'),
});

export const network: Schema<NetworkScenario> = map({
  rtt: named(named(duration)).describe('round trip for each pair of regions, once'),
  spread: share.describe('by how much paths between the same regions differ'),
  jitter: duration.describe('mean of the exponential delay that each exchange adds'),
  loss: share.describe('share of round trips that are lost'),
  'udp-size': whole(512, 65_535, 'RFC 6891 section 6.2.3').describe(
    'largest UDP response that passes',
  ),
});

const resolverSettings = {
  validation: flag.describe('DNSSEC validation (RFC 4035)'),
  'max-ttl': ttl.describe('longest that a positive answer is kept'),
  'max-negative-ttl': ttl.describe('longest that a negative answer is kept'),
  'failure-ttl': ttl.describe('first lifetime of a failure (RFC 9520)'),
  'failure-ttl-max': ttl.describe('to which it doubles with each failure in a row'),
};
/** What need not be said: by default as it was before it could be. */
const furtherSettings = {
  'serve-stale': serveStale.describe(
    'answers past their TTL when fresh ones cannot be had (RFC 8767): the profile of a resolver, or a map',
  ),
  prefetch: share.describe('of the TTL: so close to its end, a hit begins a refresh'),
  'aggressive-nsec': word(['off', 'nsec', 'all']).describe(
    'answers from validated NSEC (`all`: and NSEC3) records without asking again (RFC 8198)',
  ),
  'nxdomain-cut': flag.describe('below a name that does not exist, nothing does (RFC 8020)'),
  'bogus-retries': whole(0, 16, 'each asks all servers again').describe(
    'how often other servers are asked for what did not validate',
  ),
  'ipv4-share': shareOrOff.describe(
    'of queries to servers that are known in both address families: the family is drawn first, the server comes by round trip within it; `off`: by round trip over both',
  ),
  'lose-bogus-cause': flag.describe(
    'a flaw of 1.1.1.1 in May 2026: why data did not validate gets lost, and SERVFAIL carries EDE 22 without text in place of the cause',
  ),
  'qname-minimisation': flag.describe('servers are told no more than they need (RFC 9156)'),
};
const allSettings = { ...resolverSettings, ...furtherSettings };
/** What an event changes. */
export const resolverChange: Schema<Partial<ResolverPlan>> = changes(allSettings);

const forwardingSettings = {
  'copy-ttl': ttl.describe('longest that an answer of the owner is kept by the node that asked it'),
  tags: word(['propagate', 'drop']).describe(
    'whether the owner gets the tags that override rules have set on a query',
  ),
};
/** What an event changes of it. */
export const forwardingChange: Schema<ForwardingChange> = changes(forwardingSettings);

const MAX_ENTRIES = 1 << 24; // a table of that many words per node still fits in memory

const cacheSizes = {
  answers: whole(16, MAX_ENTRIES).describe('entries of the answer table'),
  rrsets: whole(16, MAX_ENTRIES).describe('entries of the caches of RRsets and delegations'),
};
const cacheSettings = {
  mode: word(['private', 'forwarded', 'shared']).describe(
    'each node by itself; a miss goes to the node that owns the registered domain; or one answer table for all nodes of a colo',
  ),
  start: word(['cold', 'warm']).describe(
    'at the start of the warm-up: `cold` is empty, `warm` as after a long time of this traffic',
  ),
};

const cacheKinds = withDefaults(cacheSettings, { mode: 'private', start: 'cold' });

const hops = {
  delay: duration.describe('one way from node to node'),
  timeout: duration.describe('after so long without an answer a node resolves by itself'),
};

export const cluster: Schema<ClusterScenario> = map({
  colos: named(
    map({
      region: identifier.describe('where it stands'),
      nodes: whole(1, 256, 'each node has caches of its own').describe('resolver nodes'),
    }),
  ).describe('data centres'),
  cache: map({
    mode: cacheKinds.mode,
    ...cacheSizes,
    start: cacheKinds.start,
  }).describe('sizes per node, what nodes share, and what they begin with'),
  forwarding: map({
    ...withDefaults(forwardingSettings, { 'copy-ttl': '30s', tags: 'propagate' }),
    ...withDefaults(hops, { delay: '250us', timeout: '2s' }),
  })
    .prefault({})
    .describe('how queries are handed to other nodes, in mode `forwarded`'),
  resolver: map({
    ...resolverSettings,
    ...withDefaults(furtherSettings, {
      'serve-stale': 'off',
      prefetch: '0%',
      'aggressive-nsec': 'off',
      'nxdomain-cut': 'off',
      'bogus-retries': 0,
      'ipv4-share': 'off',
      'lose-bogus-cause': 'off',
      'qname-minimisation': 'on',
    }),
  }).describe('settings of every node at the start'),
  apps: map({
    'static-zone': staticZone
      .prefault('off')
      .describe('a copy of the root zone in every node, asked in place of the root servers'),
  })
    .prefault({})
    .describe('what nodes run beside the resolver'),
});

/** What is asked for again and again. */
const catalogued = {
  names: whole(1, 10_000_000, 'host names are held in memory').describe(
    'how many host names are asked for',
  ),
  zipf: number('a Zipf exponent from 0 to 4', 0, 4).describe('exponent of their popularity'),
  types: named(share).describe('share of lookups by QTYPE'),
  missing: map({
    share: share.describe('of lookups'),
    names: whole(0, 10_000_000).describe('how many such names there are'),
  }).describe('names that do not exist and are asked for again and again'),
};
const questions = {
  ...catalogued,
  'one-off': map({
    share: share.describe('of lookups'),
    subdomain: weight.describe('of fresh names below a domain of `names`'),
    tail: weight.describe('of registered domains outside `names`'),
    unregistered: weight.describe('of domains that the registry does not have'),
    'junk-tld': weight.describe('of names below a TLD that does not exist'),
  }).describe('names that are asked for once; the weights say of which kind'),
  'dnssec-ok': share.describe('share of lookups with DO=1'),
  'checking-disabled': share.describe('share of lookups with CD=1'),
};
const day = list(weight).describe(
  '24 weights: the rate at each full hour of local time from midnight on, linear in between; only their relations count',
);

const regions = named(
  map({
    'lookups-per-second': number(
      'a rate of lookups per second, from 0 to 1000000',
      0,
      1e6,
    ).describe('new lookups of its clients, the mean over a day'),
    'utc-offset': shift.prefault('0s').describe('local time minus UTC, such as +2h or -5h'),
    catchment: maybe(named(share), 'all by the nearest colo, by `network.rtt`').describe(
      'which colos catch its clients, with their shares',
    ),
  }),
);

export const traffic: Schema<TrafficScenario> = map({
  ...questions,
  day: maybe(day, 'the same at all hours').describe(day.description ?? ''),
  regions: regions.describe('where clients are, by regions of the network'),
  clients: named(clients).describe('kinds of clients, the same in all regions'),
});

const AS_PUBLIC = 'as for the public resolver';

/** Servers of the colo: the access is a way within it, and nobody presses a key again. */
const SERVERS = { servers: { share: '100%', rtt: '500us', stub: 'edge-server' } };

export const origin: Schema<OriginScenario> = map({
  cluster: map({
    colos: maybe(
      named(
        map({ nodes: whole(1, 256, 'each node has caches of its own').describe('resolver nodes') }),
      ),
      'all, each with as many nodes as for the public resolver',
    ).describe('where it is'),
    cache: map(optional({ ...cacheSizes, ...cacheSettings }, AS_PUBLIC))
      .prefault({})
      .describe('as `cluster.cache`'),
    forwarding: map(optional({ ...forwardingSettings, ...hops }, AS_PUBLIC))
      .prefault({})
      .describe('as `cluster.forwarding`'),
    resolver: map(optional(allSettings, AS_PUBLIC)).prefault({}).describe('settings of its nodes'),
    apps: map({
      'static-zone': maybe(staticZone, AS_PUBLIC).describe('a copy of the root zone in every node'),
    })
      .prefault({})
      .describe('as `cluster.apps`'),
  })
    .prefault({})
    .describe('its nodes, as in `cluster`'),
  traffic: map({
    ...optional({ ...questions, day }, AS_PUBLIC),
    regions: regions.describe('for whom servers look names up, by regions of the network'),
    clients: named(clients)
      .prefault(SERVERS)
      .describe('the servers that ask: a stub without anybody who asks again'),
  }).describe('what the network itself looks up, as in `traffic`'),
});

/** Their access, and what they do about failures, is a guess: each is a resolver somewhere in the region. */
const RESOLVERS = { resolvers: { share: '100%', rtt: '10ms', stub: 'recursive-resolver' } };

export const authoritative: Schema<AuthoritativeScenario> = map({
  operators: orOne(identifier).describe('operators that are the network itself, by id'),
  traffic: map({
    ...optional({ ...catalogued, day }, AS_PUBLIC),
    regions: regions.describe('where those are who ask, by regions of the network'),
    clients: named(clients).prefault(RESOLVERS).describe('those who ask, mostly resolvers'),
  }).describe('what they ask for: of `names` and `missing` only what lies with these operators'),
});
