/**
 * Zones given as master files: the file is read here once, so that what is wrong in it is said with
 * its place, and held against what the scenario says about the zone and the zones below it.
 */

import { Name } from '../../resolver-core/name/name.ts';
import type { RRset } from '../../resolver-core/rrset.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import type { SnapshotPlan, ZonePlan } from '../../sim/plan.ts';
import type { DataFile } from '../load.ts';
import type { ZoneScenario } from '../scenario.ts';
import type { Path } from '../tree.ts';
import type { Context } from './context.ts';

export interface CompiledSnapshot {
  readonly plan: SnapshotPlan;
  /** What the file holds; nothing when it is refused. */
  readonly rrsets: readonly RRset[];
}

/** null for a zone without snapshot. */
export function compileSnapshot(
  apex: string,
  zone: ZoneScenario,
  file: DataFile | undefined,
  path: Path,
  context: Context,
): CompiledSnapshot | null {
  if (zone.snapshot === null || file === undefined) {
    for (const [key, given] of Object.entries({
      serve: zone.serve !== null,
      'trust-anchor': zone.trustAnchor.length > 0,
    })) {
      if (given)
        context.failKey([...path, key], `"${key}" without "snapshot"`, 'the file of a zone');
    }
    return null;
  }
  const rrsets = readFile(apex, file, context);
  const serve = zone.serve ?? (zone.signing === null ? 'as-is' : 're-signed');
  if (serve === 're-signed' && zone.signing === null) {
    context.failKey(path, '"signing" is missing', 'how the snapshot is signed anew');
  }
  const needsAnchor = apex === '.' && serve === 'as-is';
  if (needsAnchor && zone.trustAnchor.length === 0) {
    context.failKey(path, '"trust-anchor" is missing', 'the DS of a key of the snapshot');
  }
  if (!needsAnchor && zone.trustAnchor.length > 0) {
    const expected = 'one only for a root that is served as it is';
    context.failKey([...path, 'trust-anchor'], 'a trust anchor', expected);
  }
  return { plan: { text: file.text, serve, trustAnchor: zone.trustAnchor }, rrsets };
}

/** The RRsets of the file; what is wrong in it is reported. */
function readFile(apex: string, { file, text }: DataFile, context: Context): readonly RRset[] {
  const origin = Name.parse(apex);
  const read = readZone(text, { origin });
  const fail = (line: number, column: number, found: string, expected: string): void => {
    context.errors.push({ file, line, column, found, expected, nearest: null });
  };
  if (!read.ok) {
    for (const { line, column, message } of read.errors) {
      const wanted = /^expected (.*)$/.exec(message)?.[1];
      if (wanted === undefined) fail(line, column, message, 'a master file (RFC 1035 section 5)');
      else fail(line, column, 'a value that does not parse', wanted);
    }
    return [];
  }
  const soa = at(read.rrsets, origin, TYPE.SOA);
  if (soa?.rdata.length !== 1) {
    const found = soa === undefined ? 'no SOA' : `${soa.rdata.length} SOA records`;
    fail(1, 1, `${found} at ${apex}`, `the file of zone ${apex}`);
  } else if (at(read.rrsets, origin, TYPE.NS) === undefined) {
    fail(1, 1, `no NS at ${apex}`, `the file of zone ${apex}`);
  }
  return read.rrsets;
}

function at(rrsets: readonly RRset[], name: Name, type: number): RRset | undefined {
  return rrsets.find((rrset) => rrset.type === type && rrset.name.equals(name));
}

/**
 * A zone below a snapshot that is served as it is: the file must delegate it, and cannot hold the DS
 * of keys that the scenario makes. `written` has the keys of zones by apex.
 */
export function checkDelegations(
  zones: readonly ZonePlan[],
  snapshots: ReadonlyMap<string, CompiledSnapshot>,
  written: ReadonlyMap<string, string>,
  parentOf: (apex: string) => string,
  context: Context,
): void {
  for (const { apex } of zones) {
    const parent = parentOf(apex);
    const above = apex === '.' ? undefined : snapshots.get(parent);
    if (above?.plan.serve !== 'as-is') continue;
    const name = Name.parse(apex);
    const path: Path = ['zones', written.get(apex) ?? apex];
    if (at(above.rrsets, name, TYPE.NS) === undefined) {
      const found = `zone ${apex}, which the snapshot of ${parent} does not delegate`;
      context.failKey(path, found, `no such zone, or "serve: re-signed" at ${parent}`);
    } else if (at(above.rrsets, name, TYPE.DS) !== undefined && !snapshots.has(apex)) {
      const found = `zone ${apex}, for which the snapshot of ${parent} has the DS of other keys`;
      context.failKey(path, found, `a snapshot of its own, or "serve: re-signed" at ${parent}`);
    }
  }
}
