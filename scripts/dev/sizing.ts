/**
 * Writes the tables of docs/sizing.md from the closed form and the world `internet-small`. Run it when
 * the world changes:
 *
 *     npm run sizing
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { planOf } from '../../scenarios/compile.ts';
import { expectedHitRatio } from '../../sim/sizing.ts';

export const SIZING_FILE: URL = new URL('../../docs/sizing.md', import.meta.url);

const INCIDENT = fileURLToPath(
  new URL('../../scenarios/library/de-rollover-2026.yaml', import.meta.url),
);
const NAMES = [300, 1_000, 3_000, 10_000, 100_000];
const RATES = [40, 100, 350, 1_000];
const MISSING_NAMES = 200;
const ONE_OFF = 0.03;
const CACHES: Readonly<Record<string, number>> = { 'one cache': 1, 'four caches': 4 };

/** The page with its tables calculated anew. */
export function withSizing(page: string): string {
  const plan = planOf(INCIDENT);
  return page.replace(
    /(<!-- sizing: (.+) -->\n)[\s\S]*?(<!-- end of sizing -->)/g,
    (_, begin: string, name: string, end: string) => {
      const caches = CACHES[name];
      if (caches === undefined) throw new Error(`there is no sizing for ${name}`);
      const rows = NAMES.map((names) => {
        const cells = RATES.map((lookupsPerSecond) => {
          const sizing = {
            lookupsPerSecond,
            caches,
            names,
            missingNames: MISSING_NAMES,
            oneOff: ONE_OFF,
          };
          return `${Math.round(expectedHitRatio(plan, sizing) * 100)} %`;
        });
        return `| ${[names.toString(), ...cells].join(' | ')} |`;
      });
      const head = `| Names | ${RATES.map((rate) => `${rate}/s`).join(' | ')} |`;
      const rule = `| ${['---', ...RATES.map(() => '---')].join(' | ')} |`;
      return `${begin}\n${[head, rule, ...rows].join('\n')}\n\n${end}`;
    },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(SIZING_FILE, withSizing(readFileSync(SIZING_FILE, 'utf8')));
}
