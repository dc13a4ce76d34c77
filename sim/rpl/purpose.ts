/**
 * Which scripts lie outside the project's purpose, judged by what they contain: options
 * (`settings.ts`), classes other than IN, messages that a recursive resolver's clients do not send,
 * and steps that reach into Unbound's own stores. Nothing is left out for being hard.
 */

import { CLASS, OPCODE, TYPE, typeName } from '../../resolver-core/wire/iana.ts';
import type { Entry, Script, Step } from './script.ts';
import { outsideFeature } from './settings.ts';

/** The feature that a script needs and the project does not mean to have; null when it is in purpose. */
export function outsidePurpose(script: Script): string | null {
  return outsideFeature(script.clauses) ?? outsideSteps(script.steps);
}

function outsideSteps(steps: readonly Step[]): string | null {
  for (const step of steps) {
    if (step.kind === 'internal') return `internals of Unbound (${step.word})`;
    if (step.kind === 'check-file' && step.file === 'temporary') return 'auth-zone';
    if (step.kind !== 'query') continue;
    const feature = outsideQuery(step.entry);
    if (feature !== null) return feature;
  }
  return null;
}

function outsideQuery({ message, questionClass, match }: Entry): string | null {
  if (message.opcode !== OPCODE.QUERY) return 'opcodes other than QUERY';
  if (message.question !== null && questionClass !== CLASS.IN) return 'classes other than IN';
  const type = message.question?.type;
  if (type === TYPE.AXFR || type === TYPE.IXFR) return `zone transfer (${typeName(type)})`;
  if ((message.edns?.options.length ?? 0) > 0) return 'EDNS options of clients';
  return match.words.has('client_cookie') ? 'DNS cookies' : null;
}
