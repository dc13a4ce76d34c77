/** Which names of a catalogue lie with which operators. */

import type { Name } from '../../resolver-core/name/name.ts';
import type { Catalogue, Domain, Host } from './catalogue.ts';

/** The registered domain that a name lies in. */
export function domainOf(
  catalogue: Catalogue,
  { name }: { readonly name: Name },
): Domain | undefined {
  return catalogue.domain(catalogue.registeredName(name) ?? name);
}

/** The names that are asked for of which these operators are asked: those of domains that are not broken. */
export function namesServedBy(
  catalogue: Catalogue,
  operators: readonly string[],
): { readonly hosts: readonly Host[]; readonly missing: readonly Host[] } {
  const isServed = (host: Host): boolean => {
    const domain = domainOf(catalogue, host);
    return domain !== undefined && domain.broken === null && operators.includes(domain.operator);
  };
  return { hosts: catalogue.hosts.filter(isServed), missing: catalogue.missing.filter(isServed) };
}
