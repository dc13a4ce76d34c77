/** Package entry `zonequake/scenarios`: a YAML file in, a plan out, or errors with their places. */

export { type CompileOptions, compile, planOf } from './compile.ts';
export { type Position, renderError, type ScenarioError, ScenarioErrors } from './errors.ts';
export { type LoadedScenario, loadScenario } from './load.ts';
export { type Setting, settingsOf } from './settings.ts';
