import { describe, expect, it } from 'vitest';
import { newTrustPoint, type TrustPoint } from '../../resolver-core/validate/trust-anchor.ts';
import { type NamedFile, ScriptError } from './script.ts';
import { trustPointDifference, trustPointsOf } from './trust-anchors.ts';

function file(...lines: string[]): NamedFile {
  return { kind: 'autotrust', name: 'anchors', lines };
}

const A = 'example. 3600 IN DNSKEY 257 3 13 AQID ;;state=2 ;;count=0 ;;lastchange=100';
const B = 'example. 3600 IN DNSKEY 257 3 13 BAUG ;;state=1 ;;count=1 ;;lastchange=200';

function pointOf(...lines: string[]): TrustPoint {
  return trustPointsOf([file(...lines)])[0] as TrustPoint;
}

describe('files of trust anchors in replay scripts', () => {
  it('are read with their expressions, other files are not', () => {
    const other: NamedFile = { kind: 'temporary', name: 'zone', lines: ['nothing of the kind'] };
    const [point, ...rest] = trustPointsOf([other, file(`;;next_probe_time: \${20+1}`, A)]);
    expect(point?.nextProbe).toBe(21);
    expect(rest).toEqual([]);
  });

  it('that cannot be read are errors of the script', () => {
    expect(() => trustPointsOf([file('example. A 192.0.2.1')])).toThrow(ScriptError);
  });

  it('are compared by state: the order of keys does not count', () => {
    expect(trustPointDifference(pointOf(A, B), pointOf(B, A))).toBeNull();
  });

  it('differ by the first field that does', () => {
    const failed = { ...pointOf(A), failures: 2 };
    expect(trustPointDifference(pointOf(A), failed)?.cause).toContain('query_failed');
    expect(trustPointDifference(pointOf(A), pointOf(A, B))?.cause).toContain('keys');
    const none = newTrustPoint(pointOf(A).zone, null, null);
    expect(trustPointDifference(pointOf(A), none)).not.toBeNull();
  });
});
