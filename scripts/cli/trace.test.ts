import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TraceReport } from '../../sim/trace.ts';
import { UsageError } from './exit-codes.ts';
import { type TraceCommandOptions, traceCommand } from './trace.ts';

const PAGE = fileURLToPath(new URL('../../docs/trace.md', import.meta.url));
/** A command in a code block, and behind it the block with what it prints. */
const EXAMPLES = /```\nnpx zonequake (trace [^\n]*)\n```\n\n```text\n([\s\S]*?)```/g;

const COLD: TraceCommandOptions = {
  at: '20:30',
  variant: undefined,
  colo: undefined,
  role: undefined,
  node: undefined,
  seed: undefined,
  cold: true,
  checkingDisabled: false,
  records: false,
  json: false,
  quiet: true,
};

function traced(
  name: string,
  type: string,
  options: Partial<TraceCommandOptions> = {},
): TraceReport {
  const text = traceCommand('de-rollover-2026', name, type, { ...COLD, json: true, ...options });
  return JSON.parse(text) as TraceReport;
}

/** What a quoted command line prints. */
function run(line: string): string {
  const [, scenario = '', name = '', ...flags] = line.split(' ');
  const said = (flag: string): string | undefined =>
    flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined;
  const at = said('--at') ?? '';
  const place = { variant: said('--variant'), colo: said('--colo'), role: said('--role') };
  const [cold, checkingDisabled] = [flags.includes('--cold'), flags.includes('--cd')];
  return traceCommand(scenario, name, 'A', { ...COLD, ...place, at, cold, checkingDisabled });
}

describe('trace', () => {
  it('prints what docs/trace.md quotes', () => {
    const page = readFileSync(PAGE, 'utf8');
    const fresh = page.replace(EXAMPLES, (_, line: string) => {
      return `\`\`\`\nnpx zonequake ${line}\n\`\`\`\n\n\`\`\`text\n${run(line)}\`\`\``;
    });
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(PAGE, fresh);
    else expect(page).toBe(fresh);
    expect([...page.matchAll(EXAMPLES)]).toHaveLength(9);
  });

  it('names the first link that broke: the apex NSEC3 of .de, by its key tag', () => {
    const { broken, answer, steps } = traced('www.abendfels.de', 'A');
    expect(broken).toMatch(/^tjlb7qbo[0-9a-v]{24}\.de\. NSEC3: .* \(keytag=33834\)$/);
    expect(answer.rcode).toBe('SERVFAIL');
    expect(answer.errors[0]).toMatch(/^EDE 6 \(DNSSEC Bogus\): .*keytag=33834/);
    expect(steps.some(({ ok, kind }) => kind === 'chain' && ok === false)).toBe(true);
  });

  it.each([
    ['a signed name', 'www.bergwelle.de', {}, true],
    ['a query with CD=1', 'www.abendfels.de', { checkingDisabled: true }, false],
    ['the time before the fault', 'www.abendfels.de', { at: '19:00' }, false],
    ['a variant without validation', 'www.abendfels.de', { variant: 'non-validating' }, false],
  ] as const)('shows that %s does not fail', (_title, name, options, authenticated) => {
    const { broken, answer } = traced(name, 'A', options);
    expect(broken).toBeNull();
    expect(answer.rcode).toBe('NOERROR');
    expect(answer.authenticated).toBe(authenticated);
    expect(answer.records.join('\n')).toMatch(/\tIN\tA\t198\.1[89]\./);
  });

  it('tells the chain of trust: DS with digests, keys, signature times', () => {
    const lines = traced('www.bergwelle.de', 'A').steps.flatMap(({ details }) => details);
    expect(lines).toContainEqual(
      expect.stringMatching(/^DS keytag=26755 algorithm=8 digest type 2 [0-9a-f]{64}$/),
    );
    expect(lines).toContainEqual('DNSKEY keytag=33834 algorithm=8 flags=256 (ZSK)');
    expect(lines).toContainEqual(
      expect.stringMatching(/^RRSIG by de\. keytag=32911 algorithm=8, valid 2026-.*Z to 2026-.*Z$/),
    );
  });

  it('has other types, nodes and colos, and prints records when asked to', () => {
    const { question, colo, node } = traced('de', 'DNSKEY', { colo: 'iad', node: 1 });
    expect([question, colo, node]).toEqual(['de. DNSKEY', 'iad', 1]);
    const text = traceCommand('de-rollover-2026', 'de', 'SOA', { ...COLD, records: true });
    expect(text).toMatch(/answer: de\. 7200 IN SOA /);
  });

  it('asks the resolver of one role, under the rules of that role', () => {
    // after the public rule, before the one of the origin resolver
    const under = { at: '22:30', variant: 'as-it-happened' };
    const [pub, origin] = ['resolver', 'origin'].map((role) =>
      traced('www.abendfels.de', 'A', { ...under, role }),
    );
    expect([pub?.role, pub?.answer.rcode]).toEqual(['resolver', 'NOERROR']);
    expect([origin?.role, origin?.answer.rcode]).toEqual(['origin', 'SERVFAIL']);
    const later = traced('www.abendfels.de', 'A', { ...under, at: '22:50', role: 'origin' });
    expect(later.answer.rcode).toBe('NOERROR');
    const options = { ...COLD, ...under, role: 'origin' };
    const text = traceCommand('de-rollover-2026', 'www.abendfels.de', 'A', options);
    expect(text).toContain('; colo fra, origin resolver, node 0, empty caches');
  });

  it.each([
    [['abc.de', 'A'], { at: 'noon' }, '--at "noon" is no instant'],
    [['abc.de', 'A'], { at: '2026-05-09T00:00Z' }, "lies outside the scenario's window"],
    [['abc.de', 'AAAAA'], {}, '"AAAAA" is no RR type'],
    [['a..de', 'A'], {}, 'is no domain name'],
    [[`${'a'.repeat(64)}.de`, 'A'], {}, 'is no domain name'],
    [['abc.de', 'A'], { variant: 'no-serve-stail' }, 'did you mean "no-serve-stale"?'],
    [['abc.de', 'A'], { colo: 'fro' }, 'no colo is called "fro"'],
    [['abc.de', 'A'], { node: 9 }, 'has nodes 0 to 1, not 9'],
    [['abc.de', 'A'], { role: 'origin', node: 1 }, 'has nodes 0 to 0, not 1'],
    [['abc.de', 'A'], { role: 'authoritative' }, 'no role is called "authoritative"'],
  ] as const)('refuses %j %j', ([name, type], options, message) => {
    const act = (): string => traceCommand('de-rollover-2026', name, type, { ...COLD, ...options });
    expect(act).toThrow(UsageError);
    expect(act).toThrow(message);
  });
});
