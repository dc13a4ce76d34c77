/** Traffic: who asks from where, when, and for what; checked against the network and the colos, and planned. */

import { TYPE, typeNumber } from '../../resolver-core/wire/iana.ts';
import type {
  ClientGroupPlan,
  ClientRegionPlan,
  ClusterPlan,
  NetworkPlan,
  TrafficPlan,
} from '../../sim/plan.ts';
import { nearestWord } from '../errors.ts';
import type { TrafficScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Context } from './context.ts';

/** A domain has about nine host names, one label below its registry included (sim/authority/catalogue.ts). */
export const HOSTS_PER_DOMAIN: number = 8;

const HOURS = 24;

/** What traffic is planned for. */
export interface Place {
  /** Where the traffic stands in the scenario. */
  readonly path: Path;
  /** Domains of the catalogue. */
  readonly domains: number;
  readonly network: NetworkPlan;
  readonly colos: ClusterPlan['colos'];
}

export function compileTraffic(
  traffic: TrafficScenario,
  place: Place,
  context: Context,
): TrafficPlan {
  const { domains, path } = place;
  const types = Object.entries(traffic.types).map(([mnemonic, share]) => {
    const type = typeNumber(mnemonic);
    if (type === undefined) {
      const found = `RR type ${JSON.stringify(mnemonic)}`;
      const nearest = nearestWord(mnemonic, Object.keys(TYPE));
      context.failKey([...path, 'types', mnemonic], found, 'a type such as A or TYPE65', nearest);
    }
    return { type: type ?? 0, share };
  });
  const shares = types.map(({ share }) => share);
  context.weighsSomething([...path, 'types'], shares, 'type');
  context.sharesFit([...path, 'types'], shares, 'types of questions');
  const groups = compileGroups(traffic, path, context);
  const rare = [traffic.missing.share, traffic.oneOff.share];
  context.sharesFit(path, rare, 'missing and one-off names');
  if (traffic.missing.share > 0 && traffic.missing.names === 0) {
    context.fail([...path, 'missing', 'names'], 'some names, since they have a share');
  }
  const { subdomain, tail, unregistered, junkTld, share } = traffic.oneOff;
  if (share > 0) {
    const kinds = [subdomain, tail, unregistered, junkTld];
    context.weighsSomething([...path, 'one-off'], kinds, 'kind');
  }
  if (domains > 0 && traffic.names > domains * HOSTS_PER_DOMAIN) {
    const most = domains * HOSTS_PER_DOMAIN;
    context.fail([...path, 'names'], `at most ${most} host names, ${HOSTS_PER_DOMAIN} per domain`);
  }
  const regions = compileRegions(traffic, place, context);
  const { names, zipf, missing, oneOff, dnssecOk, checkingDisabled } = traffic;
  const flags = { dnssecOk, checkingDisabled };
  return { names, operators: [], zipf, types, missing, oneOff, ...flags, regions, groups };
}

function compileGroups(
  { clients }: TrafficScenario,
  traffic: Path,
  context: Context,
): ClientGroupPlan[] {
  const path: Path = [...traffic, 'clients'];
  const groups = Object.entries(clients).map(([name, group]) => ({ name, ...group }));
  const shares = groups.map(({ share }) => share);
  context.weighsSomething(path, shares, 'client group');
  context.sharesFit(path, shares, 'client groups');
  return groups;
}

function compileRegions(
  traffic: TrafficScenario,
  { path: at, network, colos }: Place,
  context: Context,
): ClientRegionPlan[] {
  const path: Path = [...at, 'regions'];
  const day = compileDay(traffic.day, [...at, 'day'], context);
  const served = colos.filter(({ nodes }) => nodes > 0);
  const regions = Object.entries(traffic.regions).map(([name, region]): ClientRegionPlan => {
    const at: Path = [...path, name];
    context.knownKey(at, 'region', network.regions);
    const said = region.catchment === null ? [] : Object.entries(region.catchment);
    for (const [colo] of said) {
      const names = served.map((each) => each.name);
      context.knownKey([...at, 'catchment', colo], 'colo', names);
    }
    const shares = said.map(([, share]) => share);
    if (region.catchment !== null) {
      context.weighsSomething([...at, 'catchment'], shares, 'colo');
      context.sharesFit([...at, 'catchment'], shares, 'colos of a catchment');
    }
    const sum = shares.reduce((total, share) => total + share, 0);
    const catchment =
      region.catchment === null
        ? [{ colo: nearestColo(name, network, served), share: 1 }]
        : said.map(([colo, share]) => ({ colo, share: share / sum }));
    const { lookupsPerSecond, utcOffset } = region;
    return { name, lookupsPerSecond, day, utcOffset, catchment };
  });
  const rates = regions.map(({ lookupsPerSecond }) => lookupsPerSecond);
  if (!rates.some((rate) => rate > 0)) {
    context.fail(path, 'at least one region with "lookups-per-second" above 0', 'none');
  }
  return regions;
}

/** The factors so scaled that their mean is 1; the curve is linear between them, so its mean is theirs. */
function compileDay(said: TrafficScenario['day'], path: Path, context: Context): readonly number[] {
  const constant = new Array<number>(HOURS).fill(1);
  if (said === null) return constant;
  const sum = said.reduce((total, factor) => total + factor, 0);
  if (said.length !== HOURS) {
    const expected = `${HOURS} numbers, one for each hour of the day`;
    context.fail(path, expected, `${said.length} of them`);
  } else if (sum === 0) {
    context.fail(path, 'at least one hour above 0', 'none');
  } else {
    return said.map((factor) => (factor * HOURS) / sum);
  }
  return constant;
}

/** The colo with the least round trip from a region; the first by name where several are as near. */
function nearestColo(
  region: string,
  { regions, rtt }: NetworkPlan,
  colos: ClusterPlan['colos'],
): string {
  const row = rtt[regions.indexOf(region)] ?? [];
  let nearest = '';
  let least = Number.POSITIVE_INFINITY;
  for (const colo of [...colos].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const there = row[regions.indexOf(colo.region)] ?? Number.POSITIVE_INFINITY;
    if (there < least) {
      nearest = colo.name;
      least = there;
    }
  }
  return nearest;
}
