/** Hosting, network and cluster: checked against the zones and operators, and planned. */

import type { ClusterPlan, HostingPlan, NetworkPlan, ZonePlan } from '../../sim/plan.ts';
import type { Scenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Context } from './context.ts';
import { regionsOf } from './operators.ts';
import { checkValidity } from './zones.ts';

export function compileHosting(
  { hosting, operators }: Scenario,
  zones: readonly ZonePlan[],
  context: Context,
): HostingPlan {
  const registries = zones.filter(({ apex }) => apex !== '.').map(({ apex }) => apex);
  const path: Path = ['hosting'];
  const hosters = Object.entries(hosting.hosters).map(([operator, { share, tlds }]) => {
    const at: Path = [...path, 'hosters', operator];
    context.knownKey(at, 'operator', Object.keys(operators));
    for (const [i, tld] of tlds.entries()) {
      context.known([...at, 'tlds', i], tld, 'zone', registries);
    }
    for (const [i, server] of (operators[operator]?.servers ?? []).entries()) {
      if (registries.some((registry) => server.endsWith(`.${registry}`))) continue;
      const expected = `a name below ${registries.join(', ')}: nobody could find its address`;
      context.fail(['operators', operator, 'servers', i], expected);
    }
    return { operator, share, tlds };
  });
  for (const registry of registries) {
    const serving = hosters.filter(({ tlds }) => tlds.length === 0 || tlds.includes(registry));
    if (serving.some(({ share }) => share > 0)) continue;
    context.fail([...path, 'hosters'], `a hoster for domains below ${registry}`, 'none');
  }
  checkTargets(hosting.aliases.targets, registries, context);
  const answers = hosting.ttl.answers.map(({ share }) => share);
  context.weighsSomething([...path, 'ttl', 'answers'], answers, 'TTL');
  context.sharesFit([...path, 'ttl', 'answers'], answers, 'TTLs of answers');
  const algorithms = hosting.signing.algorithms.map(({ share }) => share);
  context.weighsSomething([...path, 'signing', 'algorithms'], algorithms, 'algorithm');
  context.sharesFit([...path, 'signing', 'algorithms'], algorithms, 'algorithms');
  checkValidity(hosting.signing, [...path, 'signing'], context);
  const causes = ['expired-signatures', 'wrong-ds', 'refused', 'unreachable'] as const;
  const shares = [
    hosting.broken.expiredSignatures,
    hosting.broken.wrongDs,
    hosting.broken.refused,
    hosting.broken.unreachable,
  ];
  context.sharesFit([...path, 'broken'], shares, 'broken domains');
  const broken = causes.map((cause, i) => ({ cause, share: shares[i] as number }));
  const { ttl, signing, types, aliases, wildcards } = hosting;
  return { hosters, ttl, signing, types, aliases, wildcards, broken };
}

function checkTargets(
  targets: HostingPlan['aliases']['targets'],
  registries: readonly string[],
  context: Context,
): void {
  const seen = new Set<string>();
  for (const [i, { domain, tlds }] of targets.entries()) {
    const path: Path = ['hosting', 'aliases', 'targets', i];
    if (
      !registries.includes(domain.slice(domain.indexOf('.') + 1)) ||
      registries.includes(domain)
    ) {
      const found = `domain ${JSON.stringify(domain)}`;
      context.fail([...path, 'domain'], `a domain one label below ${registries.join(', ')}`, found);
    }
    if (seen.has(domain)) {
      context.fail([...path, 'domain'], 'each target once', `${JSON.stringify(domain)} again`);
    }
    seen.add(domain);
    for (const [k, tld] of tlds.entries()) {
      context.known([...path, 'tlds', k], tld, 'zone', registries);
    }
  }
}

export function compileNetwork({ network }: Scenario, context: Context): NetworkPlan {
  const regions = regionsOf(network.rtt);
  const path: Path = ['network', 'rtt'];
  if (regions.length === 0) context.fail(path, 'at least one region', 'none');
  const rtt = regions.map((from) =>
    regions.map((to) => {
      const there = network.rtt[from]?.[to];
      const back = network.rtt[to]?.[from];
      if (there !== undefined && back !== undefined && from < to && there !== back) {
        context.fail([...path, to, from], 'the same round trip as the other way, or none');
      }
      if (there === undefined && back === undefined && from <= to) {
        const expected = `the round trip between ${from} and ${to}`;
        context.failKey(path, `"${from}: { ${to}: ... }" is missing`, expected);
      }
      return there ?? back ?? 0;
    }),
  );
  const { spread, jitter, udpSize } = network;
  return { regions, rtt, spread, jitter, udpSize };
}

export function compileCluster(
  { cluster, network }: Scenario,
  zones: readonly ZonePlan[],
  context: Context,
): ClusterPlan {
  const regions = regionsOf(network.rtt);
  const colos = Object.entries(cluster.colos).map(([name, colo]) => {
    context.known(['cluster', 'colos', name, 'region'], colo.region, 'region', regions);
    return { name, ...colo };
  });
  if (colos.length === 0 || colos.length > 64) {
    context.fail(['cluster', 'colos'], '1 to 64 colos', `${colos.length} of them`);
  }
  const { cache, forwarding, resolver } = cluster;
  const { staticZone } = cluster.apps;
  const plan: ClusterPlan = { role: 'resolver', colos, cache, forwarding, resolver, staticZone };
  checkNodes(plan, ['cluster'], zones, context);
  return plan;
}

/** Says so when settings of nodes, at `path`, contradict each other. */
export function checkNodes(
  { resolver, forwarding, staticZone }: ClusterPlan,
  path: Path,
  zones: readonly ZonePlan[],
  context: Context,
): void {
  if (resolver.failureTtlMax < resolver.failureTtl) {
    context.fail([...path, 'resolver', 'failure-ttl-max'], 'at least "failure-ttl"');
  }
  if (forwarding.timeout <= 2 * forwarding.delay) {
    context.fail([...path, 'forwarding', 'timeout'], 'more than twice "delay"');
  }
  if (staticZone.every === 0) {
    context.fail([...path, 'apps', 'static-zone', 'every'], 'a duration above 0s');
  }
  if (staticZone.use) checkCopiedRoot(zones, [...path, 'apps', 'static-zone'], context);
}

/** A copy of the root proves by NSEC what is not there. */
export function checkCopiedRoot(zones: readonly ZonePlan[], path: Path, context: Context): void {
  const root = zones.find(({ apex }) => apex === '.');
  if (root?.signing?.denial.kind !== 'nsec3') return;
  context.failKey(path, '"static-zone" beside a root with NSEC3', 'a root with NSEC');
}
