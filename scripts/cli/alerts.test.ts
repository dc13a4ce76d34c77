import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { INCIDENT, withFolder } from '../../scenarios/testing/files.ts';
import { runProgram } from './program.ts';

/** An hour and a quarter of the shipped incident, without stale answers, and the same without the fault. */
const SCENARIO = `
extends: ${INCIDENT}
name: monitored
time: { from: 2026-05-05T19:00Z, to: 2026-05-05T20:15Z, warmup: 5m }
phases: { before: 19:00..19:30, during: 19:30..20:15, after: ~ }
timeline:
  - { at: 19:30, zone: de, sign-with: "33834" }
  - { at: 19:30, zone: de, resign: { owner: apex, types: [NSEC3], copy: 1 } }
mitigations: { override-rule: ~, origin-override-rule: ~, negative-trust-anchor: ~, validation-off: ~ }
variants: { nothing-done: ~, as-it-happened: ~, nta-within-the-hour: ~, non-validating: ~, quiet: { timeline: [] } }
alerts: { bell: { metric: servfail-rate, zone: de, above: 5%, for: 5m, minimum: 20 } }
published: []
`;

afterEach(() => {
  vi.restoreAllMocks();
});

async function runWith(
  expectations: string,
  ...variants: string[]
): Promise<{ code: number; text: string }> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  let code = Number.NaN;
  await withFolder({ 'main.yaml': `${SCENARIO}expect: ${expectations}\n` }, async (folder) => {
    const words = [
      'run',
      join(folder, 'main.yaml'),
      '--scale',
      '0.02',
      '--threads',
      '1',
      '--quiet',
    ];
    code = await runProgram([...words, ...variants]);
  });
  return { code, text };
}

describe('a monitor as a regression test', () => {
  it('ends with 0 when alerts fire in time, and are silent when nothing is broken', async () => {
    const { code, text } = await runWith(
      '[{ variant: no-serve-stale, alert: bell, fires: before 20:14 }, { variant: quiet, alert: bell, fires: never }]',
    );
    expect(text).toMatch(/no-serve-stale +(19|20):\d\dZ +still on +\d+m after the fault; /);
    expect(text).toMatch(/ quiet +never +- +came to 0\.\d\d %/);
    expect(code).toBe(0);
  });

  it('ends with 1 when one does not, and names it', async () => {
    const { code, text } = await runWith(
      '[{ variant: no-serve-stale, alert: bell, fires: before 19:33 }]',
      '--variant',
      'no-serve-stale',
    );
    expect(text).toContain('FAILED  monitored: 1 of 1 expectations failed');
    expect(text).toMatch(/failed +(19|20):\d\dZ +no-serve-stale: alert bell, .* before 19:33Z/);
    expect(code).toBe(1);
  });
});
