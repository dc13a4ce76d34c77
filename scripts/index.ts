/** Package entry `zonequake`: from a scenario file to a report, for programs. */

export { reportJson, terminalReport } from '../reports/index.ts';
export { planOf, renderError, ScenarioErrors } from '../scenarios/index.ts';
export { type Plan, type Result, run } from '../sim/index.ts';
