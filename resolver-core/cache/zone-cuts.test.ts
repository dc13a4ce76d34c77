import { expect, it } from 'vitest';
import { Name } from '../name/name.ts';
import { FixedServers, ZoneCut, ZoneCuts } from './zone-cuts.ts';

it('what is forgotten is forgotten by the zones that hung from it, too', () => {
  const root = new ZoneCut(Name.root, null);
  const cuts = new ZoneCuts(root, 10);
  const fixed = Name.parse('corp.example');
  cuts.fix(new FixedServers(fixed, 'stub', false, [], false));
  const above = cuts.ensure(Name.parse('example'), root);
  above.security = { kind: 'insecure', expiresAt: 1, reason: 'judged before', error: null };
  expect(cuts.ensure(fixed, above).parent).toBe(above);
  cuts.clear();
  expect(cuts.get(fixed)?.parent).toBe(root);
});
