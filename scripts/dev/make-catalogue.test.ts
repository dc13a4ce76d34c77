import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE_FILE, makeCatalogue } from './make-catalogue.ts';

describe('the committed list of domains', () => {
  it('is what make-catalogue makes', () => {
    expect(readFileSync(CATALOGUE_FILE, 'utf8')).toBe(makeCatalogue());
  });

  it('gives every TLD its share at every depth', () => {
    const domains = makeCatalogue()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(new Set(domains).size).toBe(6_000);
    for (const depth of [100, 1_000, 6_000]) {
      const de = domains.slice(0, depth).filter((domain) => domain.endsWith('.de')).length;
      expect(Math.abs(de / depth - 0.25)).toBeLessThan(0.011);
    }
  });
});
