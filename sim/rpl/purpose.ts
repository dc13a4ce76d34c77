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
  const inOptions = outsideFeature(script.clauses) ?? outsideSteps(script.steps);
  if (inOptions !== null) return inOptions;
  const checks = script.steps.flatMap((step) => ('entry' in step ? [step.entry] : []));
  for (const entry of [...checks, ...script.ranges.flatMap(({ entries }) => entries)]) {
    const feature = outsideWords(entry);
    if (feature !== null) return feature;
  }
  return null;
}

/** Words of MATCH and ADJUST, and packets, that belong to such a feature. */
const OUTSIDE_WORDS: Readonly<Record<string, string>> = {
  client_cookie: 'DNS cookies',
  server_cookie: 'DNS cookies',
  nsid: 'NSID',
  qcase: 'letter case in queries',
  copy_ednsdata_assume_clientsubnet: 'EDNS client subnets',
  increment_ecs_scope: 'EDNS client subnets',
};

function outsideWords({ match, adjust, extraPackets }: Entry): string | null {
  if (extraPackets) return 'zone transfer (EXTRA_PACKET)';
  for (const word of [...match.words, ...adjust.words]) {
    const feature = OUTSIDE_WORDS[word];
    if (feature !== undefined) return feature;
  }
  return null;
}

function outsideSteps(steps: readonly Step[]): string | null {
  for (const step of steps) {
    if (step.kind === 'internal') return `internals of Unbound (${step.word})`;
    if (step.kind === 'check-file' && step.file === 'temporary') return 'auth-zone';
    // Only from zones of its own does a resolver answer with AA: Unbound has some by default (RFC 6303).
    if (step.kind === 'check-answer' && step.entry.message.authoritative) return 'local zones';
    if (step.kind !== 'query') continue;
    const feature = outsideQuery(step.entry);
    if (feature !== null) return feature;
  }
  return null;
}

function outsideQuery({ message, questionClass, malformed }: Entry): string | null {
  if (message.opcode !== OPCODE.QUERY) return 'opcodes other than QUERY';
  if (message.question === null || malformed) return 'queries that are none';
  if (questionClass !== CLASS.IN) return 'classes other than IN';
  const { type } = message.question;
  if (type === TYPE.AXFR || type === TYPE.IXFR) return `zone transfer (${typeName(type)})`;
  return (message.edns?.options.length ?? 0) > 0 ? 'EDNS options of clients' : null;
}
