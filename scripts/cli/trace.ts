/**
 * `zonequake trace FILE NAME [TYPE] --at T`: one lookup, step by step. On the way to T the colo is
 * simulated, so that its caches are what its clients left there; `--cold` starts from nothing.
 */

import { traceText } from '../../reports/index.ts';
import { Name, NameError } from '../../resolver-core/name/name.ts';
import { typeNumber } from '../../resolver-core/wire/iana.ts';
import type { Plan, Role } from '../../sim/plan.ts';
import { rolesOf, viewOf } from '../../sim/roles.ts';
import { type TraceReport, trace } from '../../sim/trace.ts';
import { chosen, instantOf, thePlan } from './choices.ts';
import { UsageError } from './exit-codes.ts';
import { ProgressReporter } from './progress.ts';

export interface TraceCommandOptions {
  readonly at: string;
  /** undefined: the first variant, colo, role or node. */
  readonly variant: string | undefined;
  readonly colo: string | undefined;
  readonly role: string | undefined;
  readonly node: number | undefined;
  readonly seed: number | undefined;
  readonly cold: boolean;
  readonly checkingDisabled: boolean;
  readonly records: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** What goes to stdout. */
export function traceCommand(
  word: string,
  name: string,
  type: string,
  options: TraceCommandOptions,
): string {
  const plan = thePlan('trace', word, options.seed);
  const roles = rolesOf(plan).filter((each) => each !== 'authoritative');
  const role = chosen('role', options.role, roles) as Role;
  const served = viewOf(plan, role).cluster.colos.filter(({ nodes }) => nodes > 0);
  const variants = plan.variants.map((variant) => variant.name);
  const colo = chosen(
    'colo',
    options.colo,
    served.map(({ name }) => name),
  );
  const nodes = served.find(({ name }) => name === colo)?.nodes ?? 0;
  const node = options.node ?? 0;
  if (node >= nodes) throw new UsageError(`colo ${colo} has nodes 0 to ${nodes - 1}, not ${node}`);
  const report = simulated(plan, options.quiet, {
    name: checkedName(name),
    type: checkedType(type),
    at: instantOf(options.at, plan),
    variant: chosen('variant', options.variant, variants),
    ...{ colo, role, node },
    cold: options.cold,
    checkingDisabled: options.checkingDisabled,
  });
  return options.json
    ? `${JSON.stringify(report, null, 2)}\n`
    : traceText(report, { records: options.records });
}

function simulated(plan: Plan, quiet: boolean, options: Parameters<typeof trace>[1]): TraceReport {
  const progress = new ProgressReporter(process.stderr, plan.name, () => performance.now());
  const start = plan.time.from - plan.time.warmup;
  const { variant, at } = options;
  try {
    return trace(plan, options, ({ clock, queries }) => {
      if (quiet) return;
      const share = at > start ? Math.min(1, (clock - start) / (at - start)) : 1;
      progress.update({ share, variant, clock, queries });
    });
  } finally {
    progress.end();
  }
}

function checkedName(text: string): string {
  try {
    return Name.parse(text).toString();
  } catch (error) {
    if (!(error instanceof NameError)) throw error;
    throw new UsageError(
      `"${text.slice(0, 80)}" is no domain name: ${error.message.slice(0, 120)}`,
    );
  }
}

function checkedType(text: string): number {
  const type = typeNumber(text);
  if (type === undefined)
    throw new UsageError(`"${text}" is no RR type; A, AAAA, TXT, DS are some`);
  return type;
}
