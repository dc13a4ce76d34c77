/** Reads what report.html carries inside: uPlot, and the page's own style and script. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface PageAssets {
  readonly chartScript: string;
  readonly chartStyle: string;
  readonly pageScript: string;
  readonly pageStyle: string;
}

/** Throws when a file of the package is missing. */
export function readPageAssets(): PageAssets {
  const { resolve } = createRequire(import.meta.url);
  const own = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
  return {
    chartScript: readFileSync(resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    chartStyle: readFileSync(resolve('uplot/dist/uPlot.min.css'), 'utf8'),
    pageScript: own('./charts.js'),
    pageStyle: own('./page.css'),
  };
}
