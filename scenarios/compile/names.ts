/**
 * The list of domains: one a line in order of popularity, `#` begins a comment, a leading rank
 * (`1,example.com`, as in the usual top lists) is dropped.
 */

import { Name, NameError } from '../../resolver-core/name/name.ts';
import type { ZonePlan } from '../../sim/plan.ts';
import { nearestWord, quote, type ScenarioError } from '../errors.ts';
import type { DataFile } from '../load.ts';

/** More errors than that say nothing new. */
const MAX_ERRORS = 20;
/** Domains are held in memory, each with its host names. */
const MAX_DOMAINS = 1_000_000;

/** Domains in lower case without the final dot; problems go to `errors`. */
export function parseNames(
  { file, text }: DataFile,
  zones: readonly ZonePlan[],
  errors: ScenarioError[],
): string[] {
  const apexes = new Set(zones.map(({ apex }) => apex));
  const registries = zones.filter(({ registry }) => registry !== null).map(({ apex }) => apex);
  const domains = new Set<string>();
  let left = MAX_ERRORS;
  const fail = (line: number, column: number, found: string, expected: string, near?: string) => {
    if (left-- > 0) errors.push({ file, line, column, found, expected, nearest: near ?? null });
  };
  for (const [index, raw] of text.split('\n').entries()) {
    const [, lead = '', word = ''] = /^(\s*(?:\d+,)?\s*)([^\s#]*)/.exec(raw) ?? [];
    if (word === '') continue;
    const place = [index + 1, lead.length + 1] as const;
    const domain = canonical(word);
    if (typeof domain !== 'string') {
      fail(...place, `a ${domain.message}`, 'a domain name (RFC 1035 section 2.3.4)');
      continue;
    }
    const tld = domain.slice(domain.indexOf('.') + 1);
    if (apexes.has(domain) || !registries.includes(tld)) {
      const near = nearestWord(tld, registries) ?? undefined;
      const expected = `a domain one label below a zone of the scenario (${registries.join(', ')})`;
      fail(...place, quote(domain), expected, near);
    } else if (domains.has(domain)) {
      fail(...place, `${quote(domain)} a second time`, 'each domain once');
    } else {
      domains.add(domain);
    }
    if (domains.size > MAX_DOMAINS) {
      fail(...place, 'one more domain', `at most ${MAX_DOMAINS} of them`);
      break;
    }
  }
  if (domains.size === 0 && left === MAX_ERRORS) fail(1, 1, 'no domain', 'at least one');
  return [...domains];
}

function canonical(word: string): string | NameError {
  try {
    return Name.parse(word).toString().replace(/\.$/, '');
  } catch (error) {
    if (error instanceof NameError) return error;
    throw error;
  }
}
