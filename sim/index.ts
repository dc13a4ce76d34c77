/** Package entry `zonequake/sim`: a plan in, a Result out; and one lookup, step by step. */

export type * from './claims.ts';
export type * from './plan.ts';
export type * from './result.ts';
export { type Progress, type RunHooks, type RunOptions, run } from './run.ts';
export { type TraceOptions, type TraceReport, trace } from './trace.ts';
