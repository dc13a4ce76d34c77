/** The copy of the root zone in the language, ZONEMD, and restarts over a span: what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../resolver-core/time.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { errorsOfFiles, INCIDENT, planOfFiles } from '../testing/files.ts';

const FROM = Date.UTC(2026, 4, 5, 17) * 1000;
const AT = FROM + HOUR;

function filesWith(apps: string, event: string | null = null): Readonly<Record<string, string>> {
  const timeline = event === null ? '[]' : `[{ ${event} }]`;
  return {
    'names.txt': 'example.com\n',
    'main.yaml': `{ extends: ${INCIDENT}, names: names.txt, traffic: { names: 4 }, expect: [], published: [],
cluster: { apps: { static-zone: ${apps} } },
timeline: ${timeline}, mitigations: {}, variants: { a: [] } }
`,
  };
}

const zoneOf = (apps: string): object => planOfFiles(filesWith(apps)).cluster.staticZone;
const actsOf = (event: string): readonly object[] =>
  planOfFiles(filesWith('on', event)).variants.find(({ name }) => name === 'a')?.timeline ?? [];

describe('static-zone', () => {
  const plain = {
    ...{ use: true, every: 12 * HOUR, first: 0, unknownTypes: 'rfc3597', zonemd: false },
    ...{ soaExpire: false, maxAge: null, signatureHorizon: null, fallback: true },
  };

  it('is off unless it is asked for, and then fetched twice a day and used however old it is', () => {
    expect(planOfFiles({ ...filesWith('off') }).cluster.staticZone.use).toBe(false);
    expect(zoneOf('on')).toEqual(plain);
    expect(zoneOf('{ zone: ".", parser: presentation, unknown-types: refuse }')).toEqual({
      ...{ ...plain, unknownTypes: 'refuse' },
    });
  });

  it('has guards', () => {
    const guards = 'max-age: 2d, signature-horizon: 6h, soa-expire: on, zonemd: required';
    expect(zoneOf(`{ ${guards}, fallback: off, every: 6h, first: 30m }`)).toEqual({
      ...{ ...plain, every: 6 * HOUR, first: 30 * MINUTE, zonemd: true, soaExpire: true },
      ...{ maxAge: 2 * DAY, signatureHorizon: 6 * HOUR, fallback: false },
    });
  });

  it('can be changed, switched off and on again, colo by colo', () => {
    const off = { kind: 'apps', at: AT, over: MINUTE, set: { use: false } };
    expect(actsOf('at: +60m, until: +90m, over: 1m, apps: { static-zone: off }')).toEqual([
      { ...off, mark: { kind: 'fault', text: 'static-zone off' } },
      {
        ...{ ...off, at: AT + 30 * MINUTE, set: { use: true } },
        mark: { kind: 'repair', text: 'static-zone off' },
      },
    ]);
    const set = '{ unknown-types: refuse, max-age: 1d }';
    expect(actsOf(`at: +60m, until: +90m, apps: { static-zone: ${set} }`)).toMatchObject([
      {
        set: { unknownTypes: 'refuse', maxAge: DAY },
        mark: { text: 'static-zone unknown-types refuse, max-age 1d' },
      },
      { set: { unknownTypes: 'rfc3597', maxAge: null } },
    ]);
  });
});

describe('ZONEMD', () => {
  it('is added to the root', () => {
    expect(actsOf('at: 2026-04-01T00:00Z, zone: ".", add: ZONEMD')).toMatchObject([
      {
        ...{ kind: 'add', at: Date.UTC(2026, 3, 1) * 1000, zone: '.', type: TYPE.ZONEMD },
        mark: { text: 'ZONEMD in the root' },
      },
    ]);
  });
});

describe('a restart over a span', () => {
  it('is one that takes its time, and may lie days before the window', () => {
    const span = 'from: 2026-04-22T07:00Z, to: 2026-05-05T05:00Z';
    const at = Date.UTC(2026, 3, 22, 7) * 1000;
    expect(actsOf(`${span}, restart: 30%`)).toMatchObject([
      { kind: 'restart', at, over: 12 * DAY + 22 * HOUR, nodes: { kind: 'share', share: 0.3 } },
    ]);
  });
});

describe('refused is', () => {
  it.each([
    ['another zone', '{ zone: de }', null, '2:41: "de"; expected .'],
    ['another parser', '{ parser: wire }', null, '2:43: "wire"; expected presentation'],
    ['no time between fetches', '{ every: 0s }', null, '2:42: "0s"; expected a duration above 0s'],
    [
      'a word that is none',
      '{ unknown-types: refused }',
      null,
      '2:50: "refused"; expected one of refuse, rfc3597 (did you mean "refuse"?)',
    ],
    ['another type', 'on', 'at: +60m, zone: ".", add: CAA', '3:40: "CAA"; expected ZONEMD'],
    [
      'a zone that is never had whole',
      'on',
      'at: +60m, zone: de, add: ZONEMD',
      '3:30: "de"; expected ".", the only zone that is ever had whole',
    ],
    [
      'a change of nothing',
      'on',
      'at: +60m, apps: { static-zone: {} }',
      '3:45: none; expected at least one setting',
    ],
    [
      'half a span',
      'on',
      'from: +60m, restart: 1',
      '3:12: half a span; expected "at", or "from" and "to"',
    ],
    [
      'a span beside an instant',
      'on',
      'at: +1m, from: +60m, to: +70m, restart: 1',
      '3:12: "at" and a span; expected "at", or "from" and "to"',
    ],
    [
      'a span of another act',
      'on',
      'from: +60m, to: +70m, clock: 1h',
      '3:14: "from" and "to"; expected "at", save for "restart"',
    ],
    [
      'a span that ends before it begins',
      'on',
      'from: +60m, to: +50m, restart: 1',
      '3:30: "+50m"; expected an instant after "from"',
    ],
    [
      'a span that takes twice its time',
      'on',
      'from: +60m, to: +70m, over: 5m, restart: 1',
      '3:36: "over" beside "from" and "to"; expected one of both',
    ],
  ])('%s', (_, apps, event, message) => {
    expect(errorsOfFiles(filesWith(apps, event))).toEqual([`main.yaml:${message}`]);
  });

  it('a copy of a root with NSEC3', () => {
    const zones =
      'zones: { ".": { signing: { nsec3: { iterations: 0, salt: "", opt-out: off } } } },';
    const files = filesWith('on');
    const main = (files['main.yaml'] as string).replace('cluster:', `${zones} cluster:`);
    expect(errorsOfFiles({ ...files, 'main.yaml': main }).join()).toContain(
      '"static-zone" beside a root with NSEC3; expected a root with NSEC',
    );
  });
});
