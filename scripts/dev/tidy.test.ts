/**
 * Rules about the code, as tests (CONTRIBUTING.md has them in prose): who may import whom, what the
 * pure folders may not touch, sizes, dead files, links in the docs, and words.
 */

import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  exists,
  filesBelow,
  mentions,
  ROOMS,
  read,
  type SourceFile,
  sourceFiles,
} from './testing/sources.ts';

const FILES = sourceFiles();
const SOURCES = FILES.filter((file) => !file.isTest);
const BY_PATH = new Map(FILES.map((file) => [file.path, file]));

function room(path: string): string {
  return path.split('/')[0] ?? '';
}

/** Breaches as text, one per line, so that a failing test names them all. */
function breaches(files: readonly SourceFile[], of: (file: SourceFile) => string[]): string[] {
  return files.flatMap((file) => of(file).map((what) => `${file.path}: ${what}`));
}

describe('who may import whom', () => {
  const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
    'resolver-core': [],
    sim: ['resolver-core'],
    scenarios: ['resolver-core', 'sim'],
    reports: ['resolver-core', 'sim'],
    scripts: ['resolver-core', 'sim', 'scenarios', 'reports'],
  };

  test('resolver-core <- sim <- {scenarios, reports} <- scripts, types included', () => {
    expect(
      breaches(SOURCES, ({ path, imports }) =>
        imports.filter(
          (target) =>
            room(target) !== room(path) && !MAY_IMPORT[room(path)]?.includes(room(target)),
        ),
      ),
    ).toEqual([]);
  });

  test('every import is a file of a room, by its whole name', () => {
    expect(
      breaches(FILES, ({ imports }) =>
        imports.filter((target) => !BY_PATH.has(target) && !exists(target)),
      ),
    ).toEqual([]);
  });

  test('sources do not import tests', () => {
    expect(
      breaches(SOURCES, ({ imports }) => imports.filter((target) => BY_PATH.get(target)?.isTest)),
    ).toEqual([]);
  });

  /** Folders of the core, each with the folders below it; files of the core's root are shared types. */
  const CORE: Readonly<Record<string, readonly string[]>> = {
    name: [],
    wire: ['name'],
    text: ['name', 'wire'],
    crypto: ['name', 'wire'],
    cache: ['name', 'wire', 'text', 'crypto'],
    iterate: ['name', 'wire', 'text', 'crypto', 'cache'],
    validate: ['name', 'wire', 'text', 'crypto', 'cache'],
    policy: ['name', 'wire', 'text', 'crypto', 'cache'],
    apps: ['name', 'wire', 'text', 'crypto', 'cache'],
  };
  const FACADE = [
    'resolver-core/resolver.ts',
    'resolver-core/fetches.ts',
    'resolver-core/resolution.ts',
  ];
  const coreFolder = (path: string): string | null => path.split('/').slice(1, -1)[0] ?? null;

  test('inside the core: name <- wire <- cache <- {iterate, validate}, which do not know each other', () => {
    const core = SOURCES.filter((file) => room(file.path) === 'resolver-core');
    expect(
      breaches(core, ({ path, imports }) => {
        const from = coreFolder(path);
        if (from === null) return [];
        return imports.filter((target) => {
          const to = coreFolder(target);
          if (to === null) return FACADE.includes(target);
          return to !== from && !CORE[from]?.includes(to);
        });
      }),
    ).toEqual([]);
  });

  test('a package is imported in one source file, and is a dependency', () => {
    const { dependencies } = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
    };
    const users = new Map<string, string[]>();
    for (const { path, packages } of SOURCES) {
      for (const name of new Set(packages.filter((each) => !each.startsWith('node:')))) {
        users.set(name, [...(users.get(name) ?? []), path]);
      }
    }
    expect([...users].filter(([, paths]) => paths.length > 1)).toEqual([]);
    expect([...users.keys()].filter((name) => !(name in dependencies))).toEqual([]);
  });
});

describe('pure folders', () => {
  const PURE = /^(?:resolver-core|sim\/(?:engine|net|authority|cluster|clients|rpl))\//;
  const MAY_USE_CRYPTO = /^(?:resolver-core\/crypto|sim\/authority\/keys[^/]*)/;
  /** Where sim meets the machine: the run's entry, and the folders with threads and sockets. */
  const IO = /^sim\/(?:run\.ts$|(?:pool|live|load)\/)/;
  const pure = SOURCES.filter(({ path }) => PURE.test(path));
  const sim = SOURCES.filter(
    ({ path }) => PURE.test(path) || (room(path) === 'sim' && !IO.test(path)),
  );

  function spoken(files: readonly SourceFile[], banned: (what: string) => boolean): string[] {
    return breaches(files, (file) =>
      mentions(file)
        .filter(({ what }) => banned(what))
        .map(({ what, line }) => `${what} in line ${line}`),
    );
  }

  test('no node: module, save for node:crypto where keys are', () => {
    expect(
      breaches(pure, ({ path, packages }) =>
        packages.filter(
          (name) =>
            name.startsWith('node:') && !(name === 'node:crypto' && MAY_USE_CRYPTO.test(path)),
        ),
      ),
    ).toEqual([]);
  });

  test('no clock, timer, process or machine, in the whole of sim outside its IO corners', () => {
    const banned =
      /^(?:Date|performance|process|setTimeout|setInterval|setImmediate|queueMicrotask|globalThis|console)(?:\.|$)/;
    expect(spoken(sim, (what) => banned.test(what))).toEqual([]);
  });

  test('nothing asynchronous', () => {
    expect(spoken(pure, (what) => /^(?:async|Promise)(?:\.|$)/.test(what))).toEqual([]);
  });

  test('no Buffer in the core, save where other libraries ask for one', () => {
    const MAY_USE_BUFFER = /^resolver-core\/(?:crypto\/|wire\/dns-packet\.ts$)/;
    const core = pure.filter(
      ({ path }) => room(path) === 'resolver-core' && !MAY_USE_BUFFER.test(path),
    );
    expect(spoken(core, (what) => /^Buffer(?:\.|$)/.test(what))).toEqual([]);
  });

  test('only arithmetic that is the same everywhere reaches a result', () => {
    const allowed =
      /^Math\.(?:abs|ceil|clz32|floor|fround|imul|max|min|round|sign|sqrt|trunc|LN2|LOG2E)$/;
    const results = SOURCES.filter(({ path }) =>
      ['resolver-core', 'sim', 'reports'].includes(room(path)),
    );
    expect(
      spoken(
        results,
        (what) =>
          (/^Math(?:\.|$)/.test(what) && !allowed.test(what)) ||
          /^(?:\*\*|Intl)(?:\.|$)/.test(what) ||
          /\.(?:toLocaleString|localeCompare)$/.test(what),
      ),
    ).toEqual([]);
  });
});

describe('files', () => {
  test('none is longer than 600 lines', () => {
    expect(
      breaches(FILES, ({ text }) => {
        const lines = text.split('\n').length - 1;
        return lines > 600 ? [`${lines} lines`] : [];
      }),
    ).toEqual([]);
  });

  test('a source opens by saying what it is', () => {
    expect(
      breaches(SOURCES, ({ text }) =>
        /^(?:#![^\n]*\n)?\/\*\*/.test(text) ? [] : ['no opening comment'],
      ),
    ).toEqual([]);
  });

  test('each is reached from the executable, a package entry, a test, or is a tool that something names', () => {
    const { exports } = JSON.parse(read('package.json')) as {
      exports: Record<string, string | Record<string, string>>;
    };
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    const entries = [
      'scripts/zonequake.mjs',
      ...targets.map((target) =>
        target.replace(/^\.\/(?:dist\/)?/, '').replace(/(?:\.d)?\.[jt]s$/, '.ts'),
      ),
      ...FILES.map(({ path }) => path).filter((path) => path.endsWith('.test.ts')),
      ...tools(),
    ];
    expect(entries.filter((path) => !exists(path))).toEqual([]);
    const reached = new Set<string>();
    const visit = (path: string): void => {
      const file = BY_PATH.get(path);
      if (file === undefined || reached.has(path)) return;
      reached.add(path);
      for (const target of [...file.imports, ...namedFiles(file)]) visit(target);
    };
    for (const entry of entries) visit(entry);
    const modules = SOURCES.map(({ path }) => path).filter((path) => !path.endsWith('.d.ts'));
    expect(modules.filter((path) => !reached.has(path))).toEqual([]);
  });

  test('no test helper that no test uses', () => {
    const used = new Set(FILES.flatMap((file) => [...file.imports, ...namedFiles(file)]));
    const helpers = FILES.filter(({ path, isTest }) => isTest && !path.endsWith('.test.ts'));
    expect(helpers.map(({ path }) => path).filter((path) => !used.has(path))).toEqual([]);
  });

  test('docs/dependencies.md has a line for every dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const text = read('docs/dependencies.md');
    const names = Object.keys({ ...dependencies, ...devDependencies });
    expect(names.filter((name) => !text.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

/** Tools of scripts/dev that an npm script, CI, or the file that they made speaks of. */
function tools(): string[] {
  const texts = new Map([
    ...['package.json', '.ci/run', ...filesBelow('scenarios', /\.(?:txt|ya?ml)$/)].map(
      (path) => [path, read(path)] as const,
    ),
    ...SOURCES.map(({ path, text }) => [path, text] as const),
  ]);
  return SOURCES.map(({ path }) => path)
    .filter((path) => path.startsWith('scripts/dev/'))
    .filter((path) => [...texts].some(([other, text]) => other !== path && text.includes(path)));
}

/**
 * Files that a source names in a string, beside it or beside what it imports: workers, which no
 * import statement shows.
 */
function namedFiles({ folder, text, imports }: SourceFile): string[] {
  const folders = new Set([folder, ...imports.map((path) => posix.dirname(path))]);
  return [...text.matchAll(/['"`](\.{1,2}\/[\w./-]+?)(?:\.(?:ts|js|mjs))?['"`]/g)].flatMap(
    ([, stem]) =>
      [...folders].flatMap((each) =>
        ['.ts', '.mjs'].map((ending) => posix.join(each, `${stem}${ending}`)),
      ),
  );
}

describe('words', () => {
  /** docs/concepts.md: one word per thing. */
  const WORDS: readonly (readonly [wrong: RegExp, right: string])[] = [
    [/\b(?:in|out)[- ]of[- ]bailiwick\b/i, 'in-domain, sibling domain or unrelated'],
    [/\bDNS servers?\b/, 'authoritative server, recursive resolver or forwarder'],
    [/\bclient DNS\b/i, 'stub resolver'],
    [/\b[Hh]ostnames?\b/, 'QNAME, owner name or host name'],
    [/\brecord lists?\b/i, 'RRset'],
    [/\bunsigned-ok\b/i, 'insecure'],
    [/\broot key\b/i, 'trust anchor'],
    [/\bmaster key\b/i, 'KSK'],
    [/\bprivacy mode\b/i, 'QNAME minimisation'],
    [/\bgrace (?:mode|period)\b/i, 'serve-stale'],
    [/\bplain DNS\b|\bsecure DNS\b/i, 'Do53, DoT, DoH or DoQ'],
    [/\bPOPs?\b/, 'colo'],
    [/\bchaos (?:test|monkey|engineering)/i, 'fault, scenario or rehearsal'],
    [/\bRPS\b/, 'offered load or achieved load'],
    // Deckard's option is spelt so.
    [/\b(?<!query-)minimization\b/i, 'minimisation'],
  ];
  /** The dictionary itself, and this list. */
  const EXEMPT = new Set(['docs/concepts.md', 'scripts/dev/tidy.test.ts']);
  const texts = [
    ...FILES.map(({ path }) => path),
    ...filesBelow('docs', /\.md$/),
    ...ROOMS.filter(exists).flatMap((folder) => filesBelow(folder, /\.ya?ml$/)),
    ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ].filter((path) => !EXEMPT.has(path));

  test('one word per thing (the right one is after the arrow)', () => {
    expect(
      texts.flatMap((path) =>
        read(path)
          .split('\n')
          .flatMap((line, index) =>
            WORDS.filter(([wrong]) => wrong.test(line)).map(
              ([wrong, right]) => `${path}:${index + 1}: ${wrong.exec(line)?.[0]} -> ${right}`,
            ),
          ),
      ),
    ).toEqual([]);
  });
});
