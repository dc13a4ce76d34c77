/**
 * `zonequake authorities FILE`: the mocked authoritative servers alone, on loopback, until a signal comes; and
 * for a real resolver the configuration with which it resolves through them.
 *
 * Their clock runs as fast as the machine's, from `--at` on. With `--rebase` it is the machine's, and the
 * scenario is moved in time; without, a resolver has to be given the scenario's date (faketime).
 */

import { resolve } from 'node:path';
import { formatInstant } from '../../resolver-core/text/instant.ts';
import { epochSeconds, MILLISECOND, type Micros, SECOND } from '../../resolver-core/time.ts';
import type { Authorities } from '../../sim/authority/authorities.ts';
import { loopbackOf } from '../../sim/live/addresses.ts';
import { type AuthorityServers, openAuthorityServers } from '../../sim/live/authority-servers.ts';
import { CaptureFile } from '../../sim/live/capture-file.ts';
import { ListenError } from '../../sim/live/listen-error.ts';
import { newListenerCounters } from '../../sim/live/listener-counters.ts';
import { loopbackPlan } from '../../sim/live/loopback-plan.ts';
import {
  isPlainPath,
  KEYS_FILE,
  RESOLVER_ADDRESS,
  RESOLVER_PORTS,
  type ResolverKit,
  type ResolverName,
  resolverKit,
} from '../../sim/live/resolver-kits.ts';
import { Links } from '../../sim/net/link.ts';
import type { Plan } from '../../sim/plan.ts';
import { FixedInTime, shiftedPlan } from '../../sim/shifted-plan.ts';
import { openWorld } from '../../sim/world.ts';
import { chosen, instantOf, thePlan } from './choices.ts';
import { EnvironmentError, UsageError } from './exit-codes.ts';
import { prepareFolder, writeFiles } from './output.ts';

export interface AuthoritiesCommandOptions {
  /** undefined: the start of the scenario's window. */
  readonly at: string | undefined;
  readonly variant: string | undefined;
  /** The colo from which anycast servers are met; undefined: the first. */
  readonly colo: string | undefined;
  readonly resolver: ResolverName | undefined;
  readonly rebase: boolean;
  /** Of the authoritative servers; undefined: 53 for a resolver, which asks no other, else one that is free. */
  readonly port: number | undefined;
  /** Of the resolver; undefined: its own. */
  readonly resolverPort: number | undefined;
  /** Where the configuration goes. */
  readonly out: string | undefined;
  /** Where every message is recorded. */
  readonly pcap: string | undefined;
}

/** Port to which every resolver sends what it asks a delegated server (RFC 1035 section 4.2). */
const DNS_PORT = 53;

/** What stands on stdout is said by `say`; ends when `stop` is given. */
export async function authoritiesCommand(
  word: string,
  options: AuthoritiesCommandOptions,
  stop: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  const scenario = thePlan('authorities', word);
  const { resolver } = options;
  const folder = resolver === undefined ? undefined : folderOf(options.out);
  const now = Date.now() * MILLISECOND;
  const at = options.at === undefined ? scenario.time.from : instantOf(options.at, scenario);
  // Whole seconds: what faketime is told.
  const behind = Math.floor((now - at) / SECOND) * SECOND;
  const plan = loopbackPlan(options.rebase ? rebased(scenario, behind) : scenario);
  const name = chosen('variant', options.variant, variantNames(plan));
  const variant = plan.variants.find((each) => each.name === name) as Plan['variants'][number];
  const world = openWorld(plan);
  const authorities = world.authorities(variant);
  authorities.counting = false;
  const clock = (): Micros => Date.now() * MILLISECOND - (options.rebase ? 0 : behind);
  const port = options.port ?? (resolver === undefined ? 0 : DNS_PORT);
  const record = options.pcap === undefined ? null : new CaptureFile(options.pcap, clock);
  const { udpSize } = plan.network;
  const capture = record === null ? {} : { capture: record.capture };
  const colo = coloOf(plan, options.colo);
  const links = new Links(plan, colo, authorities.servers, variant.timeline);
  const route = (server: number, clock: Micros): number => links.path(server, clock).site;
  const servers = await opened({ authorities, clock, route, port, udpSize, ...capture });
  try {
    say(heading(plan, name, at, options.rebase ? behind : null));
    say(serverLines(authorities, servers, colo.name));
    const question = world.catalogue.hosts[0]?.name.toString() ?? '.';
    if (resolver !== undefined && folder !== undefined) {
      const resolverPort = options.resolverPort ?? RESOLVER_PORTS[resolver];
      const kit = resolverKit(resolver, {
        folder,
        rootHints: authorities.rootHints(),
        trustAnchor: authorities.trustAnchor(),
        port: resolverPort,
      });
      writeFiles(folder, kit.files);
      say(kitLines(kit, folder, resolverPort, question, options.rebase ? null : behind));
    }
    say('ready; SIGINT or SIGTERM ends it\n');
    await recordedUntil(stopped(stop), record);
  } finally {
    await servers.close();
  }
  await recordedUntil(record?.close(), record);
}

/** Waits; throws when meanwhile something cannot be recorded. */
async function recordedUntil(
  end: Promise<void> | undefined,
  record: CaptureFile | null,
): Promise<void> {
  try {
    await Promise.race(record === null ? [end] : [end, record.failed]);
  } catch (error) {
    throw new EnvironmentError(`--pcap: ${error instanceof Error ? error.message : error}`);
  }
}

function folderOf(out: string | undefined): string {
  if (out === undefined)
    throw new UsageError('--for needs --out: the folder for its configuration');
  const folder = resolve(out);
  if (!isPlainPath(folder)) {
    throw new UsageError(`--out "${out}": a configuration cannot name ${folder}`);
  }
  prepareFolder(folder);
  return folder;
}

function rebased(plan: Plan, by: Micros): Plan {
  try {
    return shiftedPlan(plan, by);
  } catch (error) {
    if (error instanceof FixedInTime) throw new UsageError(`--rebase: ${error.message}`);
    throw error;
  }
}

function coloOf(plan: Plan, wanted: string | undefined): ConstructorParameters<typeof Links>[1] {
  const { colos } = plan.cluster;
  const names = colos.map(({ name }) => name);
  const index = names.indexOf(chosen('colo', wanted, names));
  return { ...(colos[index] as Plan['cluster']['colos'][number]), index };
}

function variantNames(plan: Plan): string[] {
  return plan.variants.map(({ name }) => name);
}

async function opened(
  options: Omit<Parameters<typeof openAuthorityServers>[0], 'counters'>,
): Promise<AuthorityServers> {
  try {
    return await openAuthorityServers({ ...options, counters: newListenerCounters() });
  } catch (error) {
    if (error instanceof ListenError) throw new EnvironmentError(error.message);
    throw error;
  }
}

function heading(plan: Plan, variant: string, at: Micros, rebasedBy: Micros | null): string {
  const from = formatInstant(epochSeconds(at));
  const how =
    rebasedBy === null
      ? `it is ${from}`
      : `${from} is now: everything is ${Math.floor(rebasedBy / SECOND)} s later`;
  return `${plan.name}, variant ${variant}: ${how}\n`;
}

/** A line for each server: its own address, and behind it the last octets of its sites'. */
function serverLines(
  authorities: Authorities,
  { servers, port }: AuthorityServers,
  colo: string,
): string {
  const rows = servers.flatMap(({ server, site, address }) => {
    if (site !== null) return [];
    const { name, operator, plan } = authorities.servers[server] as Authorities['servers'][number];
    const sites = plan.sites.map(({ name: where, behaviour }, index) => {
      const octet = loopbackOf({ server, site: index }).replace(/^.*\./, '.');
      return `${octet} ${where}${behaviour === 'answer' ? '' : ` (${behaviour})`}`;
    });
    return [`  ${address.padEnd(14)}  ${name}  ${operator}: ${sites.join(', ')}\n`];
  });
  const [first] = servers;
  return `${rows.length} authoritative servers as ${colo} meets them, and each of their sites, port ${port}
${rows.join('')}ask one      dig @${first?.address} -p ${port} . SOA +norecurse +dnssec
`;
}

function kitLines(
  { program, command, underFaketime }: ResolverKit,
  folder: string,
  port: number,
  question: string,
  behind: Micros | null,
): string {
  const faketime = behind === null ? '' : `faketime -f ${offset(behind)} `;
  const warning =
    behind !== null && !underFaketime
      ? `             Debian's ${program} hangs under faketime (jemalloc): use --rebase\n`
      : '';
  const at = `@${RESOLVER_ADDRESS} -p ${port}`;
  return `${program}: configuration, root hints and trust anchor in ${folder}
start it     ${faketime}${command.join(' ')}
${warning}ask it       dig ${at} ${question} +dnssec
check it     ${faketime}delv ${at} -a ${folder}/${KEYS_FILE} +root=. ${question}
`;
}

/** As faketime reads it, in seconds. */
function offset(behind: Micros): string {
  return `${behind > 0 ? '-' : '+'}${Math.abs(behind) / SECOND}`;
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}
