/** Package entry `zonequake/reports`: a Result in, text out. */

export { seriesCsv } from './csv.ts';
export { type PageAssets, readPageAssets } from './html/assets.ts';
export { htmlReport } from './html/page.ts';
export { reportJson } from './json.ts';
export { junitReport } from './junit.ts';
export { type TerminalOptions, terminalReport } from './terminal.ts';
export { traceText } from './trace.ts';
