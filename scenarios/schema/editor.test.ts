import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { filesBelow, ROOT } from '../../scripts/dev/testing/sources.ts';
import { editorSchema } from './editor.ts';

const SHIPPED = filesBelow('scenarios', /\.yaml$/);
const schema = z.fromJSONSchema(editorSchema());

/** What the schema says of YAML as it stands in a file. */
function problems(yaml: string): string[] {
  const result = schema.safeParse(parse(yaml));
  return result.success ? [] : result.error.issues.map(({ path }) => path.join('.'));
}

describe('the JSON Schema', () => {
  it.each(SHIPPED)('holds for %s', (file) => {
    expect(problems(readFileSync(`${ROOT}/${file}`, 'utf8'))).toEqual([]);
  });

  it.each([
    'extends: base.yaml\nzones: { de: { ttl: { soa: { value: 1h, published: "a post" } } } }',
    'network: { assumed: all of it, rtt: { europe: { europe: 8ms } } }',
    'zones: { ".": { trust-anchor: 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D } }',
    'variants: { a: [off, { name: on, shift: -1h }], b: { mitigations: [off], timeline: [] } }',
    'timeline: [{ at: 19:30, until: 20:00, resolver: { validation: off } }]',
    'traffic: { types: { A: 60%, AAAA: 0.4 } }',
  ])('holds for what the language takes: %s', (yaml) => {
    expect(problems(yaml)).toEqual([]);
  });

  it.each([
    ['zonse: {}', ''],
    ['zones: { de: { ttl: { soa: 1 hour } } }', 'zones.de.ttl.soa'],
    ['timeline: [{ at: noon, zone: de, sign-with: "1" }]', 'timeline.0.at'],
    ['traffic: { zipf: 9 }', 'traffic.zipf'],
    ['variants: { a: [{ shift: 1h }] }', 'variants.a'],
    ['operators: { denic: { behaviour: refuses } }', 'operators.denic'],
    ['expect: [{ servfail-rat: { below: 4% } }]', 'expect.0'],
    [
      'published: [{ figure: f, value: 1, variant: v, metric: m, source: s }]',
      'published.0.metric',
    ],
  ])('does not hold for %s', (yaml, path) => {
    expect(problems(yaml)).toContain(path);
  });
});
