/** Package entry `zonequake/reports`: a Result in, text out. */

export { seriesCsv } from './csv.ts';
export { reportJson } from './json.ts';
export { junitReport } from './junit.ts';
export { type TerminalOptions, terminalReport } from './terminal.ts';
export { traceText } from './trace.ts';
