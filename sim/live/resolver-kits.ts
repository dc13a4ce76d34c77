/**
 * Configurations with which real resolvers resolve through the mocked authoritative servers: root hints, the
 * root's trust anchor, and whatever a program needs so that it talks to servers on loopback. Pure: file names
 * to texts, and the command that starts the program in the foreground.
 *
 * All that is not said is the program's default. Upstream queries leave from 127.0.0.1, so that nothing can
 * leave the machine, wherever a delegation may point.
 *
 * Tried with Unbound 1.17, BIND 9.18, Knot Resolver 5.6 and PowerDNS Recursor 4.8 (the test starts them).
 */

import type { Name } from '../../resolver-core/name/name.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { rdataText, rrsetLines } from '../../resolver-core/text/presentation.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';

export const RESOLVERS = ['unbound', 'bind', 'knot', 'pdns'] as const;
export type ResolverName = (typeof RESOLVERS)[number];

export interface KitInput {
  /** Where the files will lie: absolute, and of characters that no configuration language minds (`isPlainPath`). */
  readonly folder: string;
  readonly rootHints: readonly { readonly name: Name; readonly addresses: readonly string[] }[];
  /** The DS RRset of the root. */
  readonly trustAnchor: RRset;
  /** Where the resolver listens, on 127.0.0.1. */
  readonly port: number;
}

export interface ResolverKit {
  /** As people know it. */
  readonly program: string;
  /** Contents by name, without the folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** Whether Debian's faketime can give it another date: programs linked with jemalloc hang under it. */
  readonly underFaketime: boolean;
}

/** BIND listens on addresses that interfaces have, so it is this one of 127.0.0.0/8, for all. */
export const RESOLVER_ADDRESS = '127.0.0.1';

/** Where each listens unless told, so that all four can run at once. */
export const RESOLVER_PORTS: Readonly<Record<ResolverName, number>> = {
  unbound: 5301,
  bind: 5302,
  knot: 5303,
  pdns: 5304,
};

/** Files that every kit has, whoever may need them: `drill -k` and `kdig` the DS, `delv -a` the keys. */
export const DS_FILE = 'root.ds';
export const KEYS_FILE = 'root.keys';
const HINTS_FILE = 'root.hints';

/** RFC 9609 section 2: the TTL of the root's NS RRset. It does not matter: priming replaces it. */
const HINTS_TTL = 518_400;

export function isPlainPath(path: string): boolean {
  return /^\/[\w./@%+,~-]*$/.test(path);
}

export function resolverKit(resolver: ResolverName, input: KitInput): ResolverKit {
  const kit = KITS[resolver](input);
  return { ...kit, files: { ...commonFiles(input), ...kit.files } };
}

const KITS: Readonly<Record<ResolverName, (input: KitInput) => ResolverKit>> = {
  unbound: ({ folder, port }) => ({
    program: 'Unbound',
    files: { 'unbound.conf': unboundConf(folder, port) },
    command: ['unbound', '-d', '-c', `${folder}/unbound.conf`],
    underFaketime: true,
  }),
  bind: ({ folder, port }) => ({
    program: 'BIND',
    files: { 'named.conf': namedConf(folder, port) },
    command: ['named', '-g', '-4', '-c', `${folder}/named.conf`],
    underFaketime: false,
  }),
  knot: ({ folder, port, trustAnchor }) => ({
    program: 'Knot Resolver',
    files: { 'kresd.conf': kresdConf(folder, port, trustAnchor) },
    command: ['kresd', '-n', '-c', `${folder}/kresd.conf`, folder],
    underFaketime: false,
  }),
  pdns: ({ folder, port, trustAnchor }) => ({
    program: 'PowerDNS Recursor',
    files: {
      'recursor.conf': recursorConf(folder, port),
      'anchors.lua': `clearDS(".")\n${lines(trustAnchor, (ds) => `addDS(".", "${ds}")`)}`,
    },
    command: ['pdns_recursor', `--config-dir=${folder}`],
    underFaketime: true,
  }),
};

function commonFiles({ rootHints, trustAnchor }: KitInput): Record<string, string> {
  const hints = rootHints.flatMap(({ name, addresses }) => [
    `. ${HINTS_TTL} IN NS ${name}`,
    ...addresses.map((address) => `${name} ${HINTS_TTL} IN A ${address}`),
  ]);
  const keys = lines(trustAnchor, (ds) => {
    const [tag, algorithm, type, ...digest] = ds.split(' ');
    return `  "." static-ds ${tag} ${algorithm} ${type} "${digest.join('')}";`;
  });
  return {
    [HINTS_FILE]: `${hints.join('\n')}\n`,
    [DS_FILE]: `${rrsetLines(trustAnchor, false).join('\n')}\n`,
    [KEYS_FILE]: `trust-anchors {\n${keys}};\n`,
  };
}

/** One line for each DS record. */
function lines(anchor: RRset, line: (ds: string) => string): string {
  return anchor.rdata.map((rdata) => `${line(rdataText(TYPE.DS, rdata))}\n`).join('');
}

function unboundConf(folder: string, port: number): string {
  return `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  interface: ${RESOLVER_ADDRESS}
  port: ${port}
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  outgoing-interface: 127.0.0.1
  # The authoritative servers are on loopback.
  do-not-query-localhost: no
  root-hints: "${folder}/${HINTS_FILE}"
  trust-anchor-file: "${folder}/${DS_FILE}"
  module-config: "validator iterator"
  # Say what fails, and to clients, too.
  val-log-level: 2
  ede: yes
remote-control:
  control-enable: no
`;
}

function namedConf(folder: string, port: number): string {
  return `options {
  directory "${folder}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { ${RESOLVER_ADDRESS}; };
  listen-on-v6 { none; };
  query-source address 127.0.0.1;
  allow-query { 127.0.0.0/8; };
  recursion yes;
  dnssec-validation yes;
};
include "${folder}/${KEYS_FILE}";
zone "." { type hint; file "${folder}/${HINTS_FILE}"; };
controls { };
`;
}

function kresdConf(folder: string, port: number, anchor: RRset): string {
  return `modules = { 'hints > iterate' }
-- The clock is the scenario's, and the anchor stays as it is.
modules.unload('ta_update')
modules.unload('detect_time_skew')
net.listen('${RESOLVER_ADDRESS}', ${port}, { kind = 'dns' })
net.ipv6 = false
net.outgoing_v4('127.0.0.1')
-- The authoritative servers are on loopback.
option('ALLOW_LOCAL', true)
-- What a run before this one has left is of another time.
cache.open(100 * MB, 'lmdb://${folder}/cache')
cache.clear()
hints.root_file('${folder}/${HINTS_FILE}')
trust_anchors.remove('.')
${lines(anchor, (ds) => `trust_anchors.add('. IN DS ${ds}')`)}`;
}

function recursorConf(folder: string, port: number): string {
  return `socket-dir=${folder}
local-address=${RESOLVER_ADDRESS}
local-port=${port}
allow-from=127.0.0.0/8
query-local-address=127.0.0.1
# The authoritative servers are on loopback.
dont-query=
hint-file=${folder}/${HINTS_FILE}
lua-config-file=${folder}/anchors.lua
dnssec=validate
extended-resolution-errors=yes
daemon=no
write-pid=no
disable-syslog=yes
security-poll-suffix=
`;
}
