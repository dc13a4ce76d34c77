/**
 * Real resolvers as plain as they can be: one thread on a port of 127.0.0.1, no validation, everything forwarded to one
 * address. What they have cached they give; that is what is measured of them. All that is not said is the
 * program's default.
 *
 * Tried with Unbound 1.17, BIND 9.18, Knot Resolver 5.6 and PowerDNS Recursor 4.8.
 */

import type { Endpoint } from '../../sim/live/asks.ts';
import type { ResolverName } from '../../sim/live/resolver-kits.ts';

export interface Forwarder {
  /** Contents by name, to be put into the folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Starts it in the foreground. */
  readonly command: readonly [string, ...string[]];
  /** Prints its version. */
  readonly version: readonly [string, ...string[]];
}

export const LISTEN_ADDRESS = '127.0.0.1';

/** `folder` is where its files lie, `port` where it listens. */
export function forwarder(
  resolver: ResolverName,
  folder: string,
  port: number,
  upstream: Endpoint,
): Forwarder {
  const { address, port: to } = upstream;
  switch (resolver) {
    case 'unbound':
      return {
        files: { 'unbound.conf': unboundConf(folder, port, `${address}@${to}`) },
        command: ['unbound', '-d', '-c', `${folder}/unbound.conf`],
        version: ['unbound', '-V'],
      };
    case 'bind':
      return {
        files: { 'named.conf': namedConf(folder, port, `${address} port ${to}`) },
        command: ['named', '-g', '-4', '-n', '1', '-c', `${folder}/named.conf`],
        version: ['named', '-v'],
      };
    case 'knot':
      return {
        files: { 'kresd.conf': kresdConf(port, `${address}@${to}`) },
        command: ['kresd', '-n', '-c', `${folder}/kresd.conf`, folder],
        version: ['kresd', '--version'],
      };
    case 'pdns':
      return {
        files: { 'recursor.conf': recursorConf(folder, port, `${address}:${to}`) },
        command: ['pdns_recursor', `--config-dir=${folder}`],
        version: ['pdns_recursor', '--version'],
      };
  }
}

function unboundConf(folder: string, port: number, to: string): string {
  return `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  interface: ${LISTEN_ADDRESS}
  port: ${port}
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  num-threads: 1
  outgoing-interface: 127.0.0.1
  do-not-query-localhost: no
  module-config: "iterator"
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: ${to}
`;
}

function namedConf(folder: string, port: number, to: string): string {
  return `options {
  directory "${folder}";
  listen-on port ${port} { ${LISTEN_ADDRESS}; };
  listen-on-v6 { none; };
  query-source address 127.0.0.1;
  forwarders { ${to}; };
  forward only;
  dnssec-validation no;
  pid-file none;
  lock-file none;
  session-keyfile none;
};
controls { };
logging { category default { null; }; };
`;
}

function kresdConf(port: number, to: string): string {
  return `net.ipv6 = false
net.outgoing_v4('127.0.0.1')
net.listen('${LISTEN_ADDRESS}', ${port}, { kind = 'dns' })
trust_anchors.remove('.')
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_skew')
cache.size = 64 * MB
policy.add(policy.all(policy.FORWARD('${to}')))
`;
}

function recursorConf(folder: string, port: number, to: string): string {
  return `daemon=no
local-address=${LISTEN_ADDRESS}
local-port=${port}
query-local-address=127.0.0.1
dont-query=
dnssec=off
threads=1
socket-dir=${folder}
write-pid=no
loglevel=3
forward-zones-recurse=.=${to}
security-poll-suffix=
`;
}
