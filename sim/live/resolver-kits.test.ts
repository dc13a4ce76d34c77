import { describe, expect, test } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { RRset } from '../../resolver-core/rrset.ts';
import { parseRdata } from '../../resolver-core/text/presentation.ts';
import { readZone } from '../../resolver-core/text/zonefile.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import {
  DS_FILE,
  isPlainPath,
  KEYS_FILE,
  RESOLVER_PORTS,
  RESOLVERS,
  type ResolverKit,
  type ResolverName,
  resolverKit,
} from './resolver-kits.ts';

const DIGEST = 'ae'.repeat(32);
const ds = parseRdata(TYPE.DS, `20326 8 2 ${DIGEST}`);
if (!(ds instanceof Uint8Array)) throw new Error('no DS');

function kitOf(resolver: ResolverName): ResolverKit {
  return resolverKit(resolver, {
    folder: '/somewhere',
    rootHints: [{ name: Name.parse('a.root-servers.net'), addresses: ['127.64.0.1'] }],
    trustAnchor: new RRset(Name.root, TYPE.DS, 86_400, [ds as Uint8Array]),
    port: 5399,
  });
}

/** All that a kit says, but for what every kit has. */
function ownText({ files }: ResolverKit): string {
  return Object.entries(files)
    .filter(([name]) => !name.startsWith('root.'))
    .map(([, text]) => text)
    .join('\n');
}

describe.each(RESOLVERS)('the configuration of %s', (resolver) => {
  const kit = kitOf(resolver);

  test('has hints and the trust anchor as zone files', () => {
    const hints = readZone(kit.files['root.hints'] ?? '');
    const anchor = readZone(kit.files[DS_FILE] ?? '');
    if (!hints.ok || !anchor.ok) throw new Error('they do not parse');
    expect(hints.rrsets.map(({ name, type }) => [`${name}`, type])).toEqual([
      ['.', TYPE.NS],
      ['a.root-servers.net.', TYPE.A],
    ]);
    expect(anchor.rrsets[0]?.rdata).toEqual([ds]);
    expect(kit.files[KEYS_FILE]).toContain(`"." static-ds 20326 8 2 "${DIGEST}";`);
  });

  test('names its port, the hints and the anchor, and sends from loopback alone', () => {
    const text = ownText(kit);
    expect(text).toContain('5399');
    expect(text).toContain('/somewhere/root.hints');
    expect(text).toMatch(/20326 8 2|root\.ds|root\.keys/);
    expect(text).toMatch(/(?:outgoing|query)[-_](?:interface|source|local|v4).*127\.0\.0\.1/);
  });

  test('is what the command starts, in the foreground', () => {
    expect(kit.command.join(' ')).toContain('/somewhere');
    expect(`${kit.command.join(' ')} ${ownText(kit)}`).toMatch(/ -d | -g | -n |daemon=no/);
  });
});

test('each resolver has a port of its own', () => {
  expect(new Set(Object.values(RESOLVER_PORTS)).size).toBe(RESOLVERS.length);
});

test.each([
  ['/home/you/out/unbound-1.17', true],
  ['relative', false],
  ['/a "quote"', false],
  ["/a'b", false],
  ['/a\\b', false],
  ['/a\nb', false],
])('the path %j can be named in every configuration: %s', (path, expected) => {
  expect(isPlainPath(path)).toBe(expected);
});
