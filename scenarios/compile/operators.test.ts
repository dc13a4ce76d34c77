/** Operators in the language: addresses and sites, what they become, and what is refused. */

import { describe, expect, it } from 'vitest';
import type { OperatorPlan } from '../../sim/plan.ts';
import { errorsOver, INCIDENT, planOfFiles } from '../testing/files.ts';

function operatorsWith(lines: string): readonly OperatorPlan[] {
  const files = {
    'names.txt': 'example.com\n',
    'main.yaml': `extends: ${INCIDENT}\nnames: names.txt\ntraffic: { names: 4 }\n${lines}`,
  };
  return planOfFiles(files).operators;
}

function operatorWith(keys: string): OperatorPlan {
  const operators = operatorsWith(`operators: { denic: { ${keys} } }`);
  return operators.find(({ id }) => id === 'denic') as OperatorPlan;
}

describe('a server', () => {
  it('has an address in each family of its operator, of networks that are kept for measurements', () => {
    const { servers } = operatorWith('servers: [a.nic.de, f.nic.de], families: [ipv4, ipv6]');
    const at = servers[0]?.address.split('.')[2];
    const group = Number(at).toString(16);
    expect(servers.map(({ name, address }) => [name, address])).toEqual([
      ['a.nic.de', `198.18.${at}.1`],
      ['f.nic.de', `198.18.${at}.2`],
      ['a.nic.de', `2001:2:0:${group}::1`],
      ['f.nic.de', `2001:2:0:${group}::2`],
    ]);
  });

  it('has one in IPv4 unless its operator says otherwise', () => {
    const addresses = operatorsWith('').flatMap(({ servers }) =>
      servers.map((each) => each.address),
    );
    expect(addresses.every((address) => /^198\.18\.\d+\.\d+$/.test(address))).toBe(true);
    expect(
      operatorWith('families: ipv6').servers.every(({ address }) => address.includes(':')),
    ).toBe(true);
  });
});

describe('a site', () => {
  const sites = 'sites: [europe, { name: tokyo, region: asia, servers: [f.nic.de] }]';

  it('is called like its region unless it has a name, and has all servers unless it says which', () => {
    const { servers } = operatorWith(`servers: [a.nic.de, f.nic.de], ${sites}`);
    expect(servers.map((server) => server.sites.map(({ name, region }) => [name, region]))).toEqual(
      [
        [['europe', 'europe']],
        [
          ['europe', 'europe'],
          ['tokyo', 'asia'],
        ],
      ],
    );
  });

  it('is met by the catchments of its operator', () => {
    const { catchments } = operatorWith(
      `servers: [a.nic.de, f.nic.de], ${sites}, catchments: [{ colos: [fra], servers: [f.nic.de], to: tokyo }]`,
    );
    expect(catchments).toEqual([
      { colos: ['fra'], family: null, servers: ['f.nic.de'], site: 'tokyo' },
    ]);
  });
});

describe('refused with its place is', () => {
  it.each([
    [
      'a family that is none',
      'families: [ipv5]',
      /^2:\d+: .*"ipv5".*; expected one of ipv4, ipv6 \(did you mean "ipv4"\?\)$/,
    ],
    [
      'a site in an unknown region',
      'sites: [europa]',
      /^2:\d+: region "europa"; .*did you mean "europe"/,
    ],
    [
      'a site twice',
      'sites: [europe, { name: europe, region: asia }]',
      /^2:\d+: site "europe" again; expected a name that no other site has$/,
    ],
    [
      "a server that is not the operator's",
      'sites: [europe, { name: tokyo, region: asia, servers: [b.nic.de] }]',
      /^2:\d+: server "b.nic.de"; expected one of a.nic.de/,
    ],
    [
      'a server that stands nowhere',
      'servers: [a.nic.de, f.nic.de], sites: [{ region: asia, servers: [f.nic.de] }]',
      /^2:\d+: server "a.nic.de", which does not; expected a server that stands at some site$/,
    ],
    [
      'a catchment to a site that is none',
      'catchments: [{ to: asie }]',
      /^2:\d+: site of denic "asie"; .*did you mean "asia"/,
    ],
    ['no family', 'families: []', /^2:\d+: .*; expected ipv4, ipv6 or both$/],
    ['a family twice', 'families: [ipv4, ipv4]', /^2:\d+: .*; expected ipv4, ipv6 or both$/],
  ])('%s', (_, keys, message) => {
    const [first = ''] = errorsOver(`operators: { denic: { ${keys} } }`);
    expect(first.replace('main.yaml:', '')).toMatch(message);
  });
});
