import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario } from './load.ts';
import { errorsOfFiles, errorsOver, INCIDENT, withFiles } from './testing/files.ts';
import { toPlain } from './tree.ts';

function plain(files: Readonly<Record<string, string>>): unknown {
  return withFiles(files, (folder) => toPlain(loadScenario(join(folder, 'main.yaml')).tree));
}

describe('extends', () => {
  it('merges maps key by key and replaces lists and values', () => {
    const merged = plain({
      'worlds/w.yaml': 'a: { b: 1, c: [1, 2] }\nd: w\n',
      'main.yaml': 'extends: worlds/w.yaml\na: { b: 2, c: [3] }\ne: main\n',
    });
    expect(merged).toEqual({
      extends: 'worlds/w.yaml',
      a: { b: 2, c: [3] },
      d: 'w',
      e: 'main',
    });
  });

  it('takes a key of the base away that is written with ~, and none that was left empty', () => {
    const merged = plain({
      'w.yaml': 'variants: { a: [], b: [] }\nphases: { before: x, after: y }\n',
      'main.yaml': 'extends: w.yaml\nvariants: { a: ~, c: ~ }\nphases: { before: }\n',
    });
    expect(merged).toEqual({
      extends: 'w.yaml',
      variants: { b: [], c: null },
      phases: { before: null, after: 'y' },
    });
  });

  it('finds a path from the file that says it', () => {
    const files = {
      'a/b.yaml': 'extends: ../c/d.yaml\nx: b\n',
      'c/d.yaml': 'x: d\ny: d\n',
      'main.yaml': 'extends: a/b.yaml\n',
    };
    expect(plain(files)).toMatchObject({ x: 'b', y: 'd' });
  });

  it('shows an error in the file that it comes from', () => {
    expect(
      errorsOfFiles({
        'main.yaml': 'extends: w.yaml\n',
        'w.yaml': `extends: ${INCIDENT}\ntraffic:\n  zipf: lots\n`,
      }),
    ).toEqual(['w.yaml:3:9: "lots"; expected a Zipf exponent from 0 to 4']);
  });

  it('refuses files that extend each other', () => {
    expect(
      errorsOfFiles({ 'main.yaml': 'extends: w.yaml\n', 'w.yaml': 'extends: main.yaml\n' }),
    ).toEqual(['w.yaml:1:10: main.yaml again; expected worlds that do not extend each other']);
  });

  it('finds what is shipped by its name', () => {
    expect(plain({ 'main.yaml': 'extends: internet-small\nname: mine\n' })).toMatchObject({
      name: 'mine',
      title: 'A small Internet of thirteen registries',
    });
  });

  it('says what is shipped where a name is none of it', () => {
    expect(errorsOfFiles({ 'main.yaml': 'extends: internet-smal\n' })).toEqual([
      'main.yaml:1:10: world "internet-smal"; expected a path with an extension, or one of internet-small, de-chain-resigned, de-rollover-2026, root-zone-expiry-2023, stale-region-2023 (did you mean "internet-small"?)',
    ]);
  });

  it('says where a missing world was named', () => {
    expect(errorsOfFiles({ 'main.yaml': 'a: 1\nextends: no.yaml\n' })).toEqual([
      'main.yaml:2:10: no.yaml does not exist; expected a readable file',
    ]);
  });
});

describe('bad files', () => {
  it('a missing file', () => {
    expect(errorsOfFiles({})).toEqual([
      'main.yaml:1:1: main.yaml does not exist; expected a readable file',
    ]);
  });

  it('a folder', () => {
    expect(errorsOfFiles({ 'main.yaml/x': '' })).toEqual([
      'main.yaml:1:1: main.yaml is a directory; expected a readable file',
    ]);
  });

  it('bytes that are no UTF-8', () => {
    expect(errorsOfFiles({ 'main.yaml': Uint8Array.of(0xff, 0xfe, 0) })).toEqual([
      'main.yaml:1:1: main.yaml with bytes that are not UTF-8; expected a text file in UTF-8',
    ]);
  });

  it('a file that is too large to be one', () => {
    expect(errorsOfFiles({ 'main.yaml': '#'.repeat((1 << 18) + 1) })).toEqual([
      'main.yaml:1:1: main.yaml of 262145 bytes; expected a file of at most 262144 bytes',
    ]);
  });
});

describe('bad YAML', () => {
  it('a duplicate key', () => {
    expect(errorsOver('traffic:\n  zipf: 1\n  zipf: 2\n')).toEqual([
      'main.yaml:4:3: key "zipf" a second time; expected each key once in a map',
    ]);
  });

  it('keys that are one word written as a number and as a text', () => {
    expect(errorsOver('zones: { 1: {}, "1": {} }\n')).toEqual([
      'main.yaml:2:17: key "1" a second time; expected each key once in a map',
    ]);
  });

  it('a key that is no text', () => {
    expect(errorsOver('? [a, b]\n: 1\n')).toEqual([
      'main.yaml:2:3: a key that is no text; expected a word',
    ]);
  });

  it('a bomb of aliases', () => {
    let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 9; i++) {
      bomb += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`;
    }
    expect(errorsOfFiles({ 'main.yaml': bomb })).toEqual([
      expect.stringMatching(
        /^main\.yaml:\d+:\d+: aliases that multiply; expected at most 50000 values in a file$/,
      ),
    ]);
  });

  it('an alias inside itself', () => {
    expect(errorsOfFiles({ 'main.yaml': 'a: &a [*a]\n' })).toEqual([
      expect.stringMatching(/^main\.yaml:1:\d+: an endless alias or nesting; expected at most 64/),
    ]);
  });

  it.each(['['.repeat(200_000), '{a: '.repeat(50_000), '- '.repeat(100_000)])(
    'nesting without end',
    (nest) => {
      expect(errorsOfFiles({ 'main.yaml': `# deep\na:\n  ${nest}` })).toEqual([
        'main.yaml:3:1: endless nesting; expected at most 64 levels',
      ]);
    },
  );

  it('nesting too deep', () => {
    expect(errorsOfFiles({ 'main.yaml': `a: ${'['.repeat(100)}${']'.repeat(100)}` })).toEqual([
      'main.yaml:1:68: an endless alias or nesting; expected at most 64 levels',
    ]);
  });

  it('a tag', () => {
    expect(errorsOver('title: !!js/function x\n')).toEqual([
      'main.yaml:2:8: Unresolved tag: tag:yaml.org,2002:js/function; expected values without tags',
    ]);
  });

  it('no map', () => {
    expect(errorsOfFiles({ 'main.yaml': '- a\n' })).toEqual([
      'main.yaml:1:1: a list; expected a map of scenario keys',
    ]);
    expect(errorsOfFiles({ 'main.yaml': '' })).toEqual([
      'main.yaml:1:1: nothing; expected a map of scenario keys',
    ]);
  });

  it('a number without end', () => {
    expect(errorsOver('traffic: { zipf: .inf }\n')).toEqual([
      'main.yaml:2:18: ".inf"; expected a Zipf exponent from 0 to 4',
    ]);
  });

  it('a prototype', () => {
    expect(errorsOver('__proto__: { a: 1 }\n')).toEqual([
      'main.yaml:2:1: key "__proto__"; expected another word',
    ]);
  });
});

describe('provenance', () => {
  it('holds for what is inside, unless that says so itself, and only in its file', () => {
    withFiles(
      {
        'w.yaml': 'a:\n  assumed: world\n  b: 1\n  c: { value: 2, published: post }\n  d: 3\n',
        'main.yaml': 'extends: w.yaml\na: { d: 4 }\n',
      },
      (folder) => {
        const { tree } = loadScenario(join(folder, 'main.yaml'));
        const a = tree.entries.get('a')?.value;
        if (a?.kind !== 'map') throw new Error('a is no map');
        const sources = [...a.entries].map(([key, { value }]) => [
          key,
          value.kind === 'scalar' ? value.value : null,
          value.kind === 'scalar' ? value.source : null,
        ]);
        expect(sources).toEqual([
          ['b', 1, { provenance: 'assumed', note: 'world' }],
          ['c', 2, { provenance: 'published', note: 'post' }],
          ['d', 4, null],
        ]);
      },
    );
  });

  it('is one thing, and a sentence', () => {
    expect(errorsOver('seed: { value: 1, assumed: x, derived: y }\n')).toEqual([
      'main.yaml:2:31: both "assumed" and "derived"; expected one of them',
    ]);
    expect(errorsOver('seed: { value: 1, assumed: 3 }\n')).toEqual([
      'main.yaml:2:28: "3"; expected a sentence that says where the numbers come from (assumed)',
    ]);
  });
});
