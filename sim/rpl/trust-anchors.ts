/**
 * The files of trust anchors in a script: the state that the resolver begins with, and the state that a
 * CHECK_AUTOTRUST wants it to have reached. States are compared, not texts: neither the order of keys nor
 * what is remarked beside them is part of a state.
 */

import { compareOctets } from '../../resolver-core/name/canonical.ts';
import type { TrustPoint } from '../../resolver-core/validate/trust-anchor.ts';
import {
  readTrustAnchorFile,
  writeTrustAnchorFile,
} from '../../resolver-core/validate/trust-anchor-file.ts';
import { expand } from './macros.ts';
import { type NamedFile, ScriptError } from './script.ts';

/** The trust point of each such file. Throws `ScriptError` for one that cannot be read. */
export function trustPointsOf(files: readonly NamedFile[]): readonly TrustPoint[] {
  const points: TrustPoint[] = [];
  for (const { kind, name, lines } of files) {
    if (kind !== 'autotrust') continue;
    const text = lines.join('\n');
    const file = readTrustAnchorFile(
      expand(text, { clock: 0, timeout: 0, variables: new Map() }) ?? text,
    );
    if (!file.ok) {
      throw new ScriptError(
        1,
        1,
        `line ${file.line} of ${name}`,
        `a trust anchor: ${file.message}`,
      );
    }
    points.push(file.point);
  }
  return points;
}

/** How a state differs from what a file says, as text of both in the same order; null when it does not. */
export function trustPointDifference(
  wanted: TrustPoint,
  actual: TrustPoint,
): { readonly cause: string; readonly expected: string; readonly actual: string } | null {
  const texts = { expected: stateText(wanted), actual: stateText(actual) };
  if (texts.expected === texts.actual) return null;
  const found = texts.actual.split('\n');
  const at = texts.expected.split('\n').findIndex((line, i) => line !== found[i]);
  const field = /^;;(\w+):/.exec(found[at] ?? '')?.[1] ?? 'keys';
  return { cause: `another state of the trust point: ${field}`, ...texts };
}

function stateText(point: TrustPoint): string {
  const keys = [...point.keys].sort((a, b) => compareOctets(a.rdata, b.rdata));
  return writeTrustAnchorFile({ ...point, keys });
}
