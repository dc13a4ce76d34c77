/** The docs, held against the program: commands that exist, fields that are written, keys of the language. */

import { posix } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sampleResult } from '../../reports/testing/sample.ts';
import { HOUR } from '../../resolver-core/time.ts';
import type { SchemaNode } from '../../scenarios/schema/node.ts';
import { describeLanguage } from '../../scenarios/schema.ts';
import { planOfFiles } from '../../scenarios/testing/files.ts';
import { METRICS } from '../../sim/metrics.ts';
import { COLUMNS } from '../../sim/result.ts';
import { LEVELS } from '../../sim/rpl/match.ts';
import { parseScript } from '../../sim/rpl/parse.ts';
import { runScript } from '../../sim/rpl/run.ts';
import { run } from '../../sim/run.ts';
import { listLibrary } from '../cli/library.ts';
import { runProgram } from '../cli/program.ts';
import { exists, filesBelow, read } from './testing/sources.ts';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...filesBelow('docs', /\.md$/)];

/** Code of a page: blocks line by line, and spans. */
function code(page: string): string[] {
  const text = read(page);
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
    (block ?? '').split('\n'),
  );
  const spans = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)];
  return [...blocks, ...spans.map(([, span]) => span ?? '')].map((line) =>
    line.replace(/\s+#.*$/, '').trim(),
  );
}

const COMMANDS = PAGES.flatMap((page) =>
  code(page)
    .flatMap((line) => line.split('&&'))
    .map((line) => line.trim())
    .filter((line) => /^(?:npx )?zonequake \w/.test(line))
    .map((line) => ({ page, line })),
);

afterEach(() => {
  vi.restoreAllMocks();
});

async function help(words: readonly string[]): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  await runProgram([...words, '--help']);
  vi.restoreAllMocks();
  return text;
}

describe('commands', () => {
  test.each(COMMANDS)('$page: $line', async ({ line }) => {
    const [command = '', ...words] = line.replace(/^(?:npx )?zonequake /, '').split(/\s+/);
    expect(await help([])).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
    const [sub = ''] = words;
    const own = await help([command]);
    const isNested = new RegExp(`^ +${sub} .*\\[options\\]`, 'm').test(own);
    const options = isNested ? await help([command, sub]) : own;
    for (const word of words.filter((each) => each.startsWith('--'))) {
      expect(options).toMatch(new RegExp(`${word}\\b`));
    }
    for (const word of words.filter((each) => each.endsWith('.yaml'))) {
      expect(exists(word), word).toBe(true);
    }
  });

  test('scenarios and variants that are quoted are in the library', () => {
    const library = listLibrary();
    for (const { line } of COMMANDS) {
      const name = /(?:run|trace) ([a-z][a-z0-9-]+)/.exec(line)?.[1];
      if (name === undefined) continue;
      const entry = library.find((each) => each.name === name);
      expect(entry, line).toBeDefined();
      const variant = /--variant ([a-z][a-z-]*)/.exec(line)?.[1];
      if (variant !== undefined) expect(entry?.variants).toContain(variant);
    }
  });

  test('npm scripts that are quoted exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const quoted = PAGES.flatMap((page) =>
      code(page).flatMap((line) => line.match(/npm (?:run [\w:]+|start|test)/g) ?? []),
    ).map((command) => command.replace(/^npm (?:run )?/, ''));
    expect(quoted.length).toBeGreaterThan(0);
    expect(quoted.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('links', () => {
  test.each(PAGES)('%s: files and headings that it links to exist', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^[a-z]+:/.test(target));
    const broken = links.filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : posix.join(posix.dirname(page), path);
      if (!exists(file)) return true;
      return anchor !== undefined && !anchors(file).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  function anchors(file: string): string[] {
    return [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading ?? '')
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
  }
});

describe('docs/output.md', () => {
  const words = new Set(code('docs/output.md').flatMap((span) => span.match(/[\w-]+/g) ?? []));

  test('names every field of report.json', () => {
    const fields = new Set<string>();
    const visit = (value: unknown, isRecord: boolean): void => {
      if (Array.isArray(value)) for (const item of value) visit(item, false);
      else if (typeof value === 'object' && value !== null) {
        for (const [key, field] of Object.entries(value)) {
          if (!isRecord) fields.add(key);
          visit(field, /^(?:byColo|byZone|byRole|byKeyTag|ede)$/.test(key));
        }
      }
    };
    visit(sampleResult(), false);
    expect([...fields].filter((field) => !words.has(field))).toEqual([]);
  });

  test('names every column and every metric', () => {
    expect(COLUMNS.filter((column) => !words.has(column))).toEqual([]);
    const ratios = Object.entries(METRICS).filter(([, metric]) => metric.kind === 'ratio');
    expect(ratios.map(([name]) => name).filter((name) => !words.has(name))).toEqual([]);
  });

  test('maps every way in which the core answers to a cache column', () => {
    const type = /type AnswerSource =([^;]+);/.exec(read('resolver-core/events.ts'))?.[1] ?? '';
    const sources = [...type.matchAll(/'([^']+)'/g)].map(([, source]) => source ?? '');
    expect(sources.length).toBeGreaterThan(0);
    const table = read('docs/output.md');
    expect(sources.filter((source) => !table.includes(`(\`${source}\`)`))).toEqual([]);
  });
});

describe('docs/scenario-reference.md', () => {
  test('the whole scenario at its end is one, needs no other file, and holds what it expects', async () => {
    const yaml = /## A whole scenario[\s\S]*?```yaml\n([\s\S]*?)```/.exec(
      read('docs/scenario-reference.md'),
    )?.[1];
    const plan = planOfFiles({ 'main.yaml': yaml ?? '' });
    expect(plan.variants.map(({ timeline }) => timeline.length)).toEqual([4, 6, 6]);
    const { variants } = await run(plan, { threads: 2 });
    const judged = variants.flatMap(({ expectations }) => expectations);
    expect(judged).toHaveLength(6);
    expect(judged.filter(({ passed }) => !passed).map(({ text }) => text)).toEqual([]);
  }, 120_000);

  test('the example of a mitigation is a scenario', () => {
    const yaml = /#### Serve-stale as a mitigation[\s\S]*?```yaml\n([\s\S]*?)```/.exec(
      read('docs/scenario-reference.md'),
    )?.[1];
    const { variants, time } = planOfFiles({ 'main.yaml': yaml ?? '' });
    const hours = variants
      .slice(-2)
      .map(({ timeline }) =>
        timeline.filter(({ kind }) => kind === 'resolver').map(({ at }) => (at - time.from) / HOUR),
      );
    expect(hours).toEqual([[3], [4]]);
  });

  test('the examples of roles are scenarios', () => {
    const page = read('docs/scenario-reference.md');
    const yaml = ['origin', 'authoritative'].map(
      (role) =>
        new RegExp(`### \`${role}\`[\\s\\S]*?\`\`\`yaml\n([\\s\\S]*?)\`\`\``).exec(page)?.[1],
    );
    const time = 'time: { from: 2026-05-05T17:00Z, to: 2026-05-05T23:00Z, bucket: 1m, warmup: 1m }';
    const head = `extends: internet-small\nname: roles\ntitle: Roles\n${time}\n`;
    const { roles, variants } = planOfFiles({
      'main.yaml': `${head}variants: { a: [everywhere] }\n${yaml.join('')}`,
    });
    expect(roles.map(({ cluster }) => cluster.role)).toEqual(['origin', 'authoritative']);
    expect(variants[0]?.timeline).toMatchObject([
      { kind: 'rule' },
      { kind: 'rule', role: 'origin' },
    ]);
  });

  test('names every key and every kind of value of the language', () => {
    const words = new Set(
      code('docs/scenario-reference.md').flatMap((span) => span.match(/[\w-]+/g) ?? []),
    );
    const values = /## Values\n([\s\S]*?)\n## /.exec(read('docs/scenario-reference.md'))?.[1] ?? '';
    const keys = new Set<string>();
    const kinds = new Set<string>();
    const visit = (node: SchemaNode): void => {
      if (node.title !== undefined && node.properties === undefined) kinds.add(node.title);
      for (const [key, part] of Object.entries(node.properties ?? {})) {
        if (!(key in METRICS)) keys.add(key);
        visit(part);
      }
      if (node.items !== undefined) visit(node.items);
      if (node.additionalProperties) visit(node.additionalProperties);
    };
    visit(describeLanguage());
    expect(keys.size).toBeGreaterThan(100);
    expect([...keys].filter((key) => !words.has(key))).toEqual([]);
    expect(
      [...kinds].filter((kind) => !new RegExp(`\\| (?:\\w+, )*${kind}[ ,]`).test(values)),
    ).toEqual([]);
  });
});

describe('docs/authorities.md', () => {
  test('says what each option of the command means, and no other', async () => {
    const listed = (await help(['authorities'])).match(/^ +--[a-z-]+/gm) ?? [];
    const told = read('docs/authorities.md').match(/^\| `--[a-z-]+/gm) ?? [];
    const word = (text: string): string => text.replace(/^[^-]*/, '');
    expect(told.map(word).sort()).toEqual(listed.map(word).sort());
  });
});

describe('docs/replay.md', () => {
  const text = read('docs/replay.md');
  const script = /^```\n(server:[\s\S]*?)^```/m.exec(text)?.[1] ?? '';

  test.each(LEVELS)('the script that it shows passes at %s', (level) => {
    expect(runScript(parseScript(script), level)).toEqual({ kind: 'passed' });
  });

  test('names every field of a verdict', () => {
    const fields = Object.keys(runScript(parseScript(script.replace('RA NO', 'NO')), 'sets'));
    expect(fields.length).toBeGreaterThan(5);
    expect(fields.filter((field) => !text.includes(`\`verdict.${field}\``))).toEqual([]);
  });
});
