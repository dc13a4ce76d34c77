import { describe, expect, it } from 'vitest';
import { ProgressReporter, type ProgressStream } from './progress.ts';

const CLOCK = Date.UTC(2026, 4, 5, 19, 42) * 1000;

function record(stream: Partial<ProgressStream>): {
  readonly written: string[];
  readonly reporter: ProgressReporter;
} {
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  let now = 0;
  const milliseconds = () => (now += 500);
  return { written, reporter: new ProgressReporter({ ...stream, write }, 'night', milliseconds) };
}

function progress(share: number) {
  return { share, variant: 'nothing-done', clock: CLOCK, queries: 100_000 };
}

describe('progress', () => {
  it('is one line with the simulated clock on a terminal, no wider than that, and leaves nothing', () => {
    const { written, reporter } = record({ isTTY: true, columns: 60 });
    reporter.update(progress(0.5));
    reporter.end();
    expect(written).toEqual([
      '\r\u001b[2K[############------------]  50% nothing-done 2026-05-05 19:',
      '\r\u001b[2K',
    ]);
  });

  it('is a plain line at the start and after each tenth elsewhere', () => {
    const { written, reporter } = record({});
    for (let share = 0; share <= 100; share++) reporter.update(progress(share / 100));
    reporter.end();
    expect(written).toHaveLength(11);
    expect(written[1]).toBe('night:  10% nothing-done 2026-05-05 19:42Z 100k queries/s\n');
    expect(written[10]).toMatch(/^night: 100% /);
  });
});
