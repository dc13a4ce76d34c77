/** The root and registry zones and their keys: checked against each other, and planned. */

import { Name, NameError } from '../../resolver-core/name/name.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { ALGORITHM } from '../../resolver-core/wire/iana.ts';
import type { KeyPlan, SigningPlan, ZonePlan } from '../../sim/plan.ts';
import type { DataFile } from '../load.ts';
import type { KeyScenario, Scenario, SigningScenario, ZoneScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Window } from '../units.ts';
import type { Context } from './context.ts';
import { type CompiledSnapshot, checkDelegations, compileSnapshot } from './snapshots.ts';

/** RSA modulus sizes for which the simulator has primes (sim/authority/primes.ts). */
const RSA_BITS: readonly number[] = [1024, 1280, 2048];
const RSA: readonly number[] = [
  ALGORITHM.RSASHA1,
  ALGORITHM.RSASHA1_NSEC3_SHA1,
  ALGORITHM.RSASHA256,
  ALGORITHM.RSASHA512,
];
/** What the simulator can sign with. */
const SIGNING: readonly number[] = [
  ...RSA,
  ALGORITHM.ECDSAP256SHA256,
  ALGORITHM.ECDSAP384SHA384,
  ALGORITHM.ED25519,
  ALGORITHM.ED448,
];

/** The root first, then the registries in the order in which they were written. */
export function compileZones(
  scenario: Scenario,
  snapshots: ReadonlyMap<string, DataFile>,
  window: Window,
  context: Context,
): ZonePlan[] {
  const zones: ZonePlan[] = [];
  const written = new Map<string, string>();
  const files = new Map<string, CompiledSnapshot>();
  for (const [key, zone] of Object.entries(scenario.zones)) {
    const path: Path = ['zones', key];
    const apex = apexOf(key, path, context);
    if (apex === null) continue;
    const twin = written.get(apex);
    if (twin !== undefined) {
      const found = `zone ${JSON.stringify(key)}, which is ${JSON.stringify(twin)} again`;
      context.failKey(path, found, 'each zone once');
      continue;
    }
    written.set(apex, key);
    context.known(
      [...path, 'operator'],
      zone.operator,
      'operator',
      Object.keys(scenario.operators),
    );
    const snapshot = compileSnapshot(apex, zone, snapshots.get(key), path, context);
    if (snapshot !== null) files.set(apex, snapshot);
    const isSigned = zone.signing !== null && snapshot?.plan.serve !== 'as-is';
    const signing = isSigned ? compileSigning(zone.signing, path, window, context) : null;
    if (apex === '.' && zone.registry !== null) {
      context.failKey([...path, 'registry'], 'a registry of the root', 'the zones of this file');
    }
    if (apex !== '.' && zone.registry === null && snapshot === null) {
      context.failKey(path, '"registry" is missing', 'how many names the zone delegates');
    }
    const { operator, ttl } = zone;
    const registry = snapshot === null || apex === '.' ? zone.registry : delegatedByFile(zone);
    const made = { apex, operator, ttl, registry, signing };
    zones.push(snapshot === null ? made : { ...made, snapshot: snapshot.plan });
  }
  if (!written.has('.')) context.failKey(['zones'], 'no root zone', 'a zone "."');
  checkParents(scenario, written, context);
  checkDelegations(zones, files, written, (apex) => closestAbove(apex, written), context);
  return zones.sort((a, b) => Number(b.apex === '.') - Number(a.apex === '.'));
}

/** All that a snapshot delegates is in its file; the share is that of the world's own domains there. */
function delegatedByFile({ registry }: ZoneScenario): ZonePlan['registry'] {
  return { names: 0, signed: registry?.signed ?? 0 };
}

/** Lower case, without the final dot; null when it is no name. */
function apexOf(key: string, path: Path, context: Context): string | null {
  try {
    const name = Name.parse(key);
    return name.isRoot ? '.' : name.toString().replace(/\.$/, '');
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    context.failKey(path, `a ${error.message}`, 'a domain name (RFC 1035 section 2.3.4)');
    return null;
  }
}

/** The delegating zone must be the closest zone above: DNS knows no other (RFC 1034 section 4.2). */
function checkParents(
  scenario: Scenario,
  written: ReadonlyMap<string, string>,
  context: Context,
): void {
  for (const [apex, key] of written) {
    const parent = scenario.zones[key]?.parent ?? null;
    if (parent === null) continue;
    const path: Path = ['zones', key, 'parent'];
    const closest = closestAbove(apex, written);
    if (parent === apex) {
      const expected =
        apex === '.' ? 'no parent of the root' : `the closest zone above, ${closest}`;
      context.fail(path, expected, `zone ${JSON.stringify(apex)} delegating to itself`);
    } else if (parent !== closest) {
      const expected =
        apex === '.' ? 'no parent of the root' : `the closest zone above, ${closest}`;
      context.fail(path, expected, `parent ${JSON.stringify(parent)}`);
    }
  }
}

function closestAbove(apex: string, zones: ReadonlyMap<string, string>): string {
  let at = apex;
  while (at.includes('.') && at !== '.') {
    at = at.slice(at.indexOf('.') + 1);
    if (zones.has(at)) return at;
  }
  return '.';
}

function compileSigning(
  signing: SigningScenario,
  zonePath: Path,
  window: Window,
  context: Context,
): SigningPlan {
  const path: Path = [...zonePath, 'signing'];
  const { validity, backdate, resignEvery, serialEvery, apexNsecEnds, nsec3 } = signing;
  if (serialEvery <= 0) context.fail([...path, 'serial-every'], 'a duration above 0s');
  checkValidity(signing, path, context);
  const keys = Object.entries(signing.keys).map(([id, key]) =>
    compileKey(id, key, [...path, 'keys', id], window, context),
  );
  return {
    keys,
    ksk: chooseKey('ksk', signing, path, context),
    zsk: chooseKey('zsk', signing, path, context),
    validity,
    backdate,
    resignEvery,
    serialEvery,
    ...(signing.dnskeyValidity === null ? {} : { dnskeyValidity: signing.dnskeyValidity }),
    ...(apexNsecEnds === null
      ? {}
      : { apexNsecEnds: context.instant([...path, 'apex-nsec-ends'], apexNsecEnds, window) }),
    denial: nsec3 === null ? { kind: 'nsec' } : { kind: 'nsec3', ...nsec3 },
  };
}

/** Signatures must outlive the time until they are made anew, or the zone is bogus by itself. */
export function checkValidity(
  times: { readonly validity: Micros; readonly backdate: Micros; readonly resignEvery: Micros },
  path: Path,
  context: Context,
): void {
  if (times.resignEvery <= 0) context.fail([...path, 'resign-every'], 'a duration above 0s');
  if (times.validity - times.backdate <= times.resignEvery) {
    const expected = 'longer than "backdate" and "resign-every" together';
    context.fail([...path, 'validity'], expected);
  }
}

function chooseKey(
  role: KeyScenario['role'],
  signing: SigningScenario,
  path: Path,
  context: Context,
): string {
  const ids = Object.keys(signing.keys).filter((id) => signing.keys[id]?.role === role);
  const chosen = signing[role];
  if (chosen !== null) {
    context.known([...path, role], chosen, `key with the role ${role}`, ids);
    return chosen;
  }
  const [only, second] = ids;
  if (only === undefined) {
    context.failKey([...path, 'keys'], `no key with the role ${role}`, 'one that signs');
  } else if (second !== undefined) {
    const found = `"${role}" is missing, and ${ids.length} keys have that role`;
    context.failKey([...path, 'keys'], found, `the one that signs at the start: ${ids.join(', ')}`);
  }
  return only ?? '';
}

function compileKey(
  id: string,
  key: KeyScenario,
  path: Path,
  window: Window,
  context: Context,
): KeyPlan {
  const { role, algorithm, bits, tag, copies } = key;
  const rsa = RSA.includes(algorithm);
  if (!SIGNING.includes(algorithm)) {
    context.fail([...path, 'algorithm'], `an algorithm that can sign: ${SIGNING.join(', ')}`);
  } else if (rsa && !RSA_BITS.includes(bits)) {
    const expected = `a modulus size for which there are primes: ${RSA_BITS.join(', ')}`;
    context.fail([...path, 'bits'], expected);
  } else if (!rsa && bits !== 0) {
    context.fail([...path, 'bits'], 'no size for a curve, whose keys have one only');
  }
  if (copies > 1 && tag === null) {
    context.fail([...path, 'copies'], 'a "tag" that the copies share', `${copies} copies`);
  }
  const at = (side: 'publish' | 'remove'): Micros | null => {
    const instant = key[side];
    return instant === null ? null : context.instant([...path, side], instant, window);
  };
  const publishedFrom = at('publish');
  const publishedUntil = at('remove');
  if (publishedFrom !== null && publishedUntil !== null && publishedUntil <= publishedFrom) {
    context.fail([...path, 'remove'], 'an instant after "publish"');
  }
  return { id, role, algorithm, bits, tag, copies, publishedFrom, publishedUntil };
}
