/** The act by which clients are no longer routed to colos. */

import type { ColoAct } from '../../sim/plan.ts';
import { type Act, noZone } from './act.ts';

export const WITHDRAW_COLO: Act = {
  key: 'withdraw-colo',
  isMeant: ({ withdrawColo }) => withdrawColo !== null,
  plan: ({ withdrawColo, zone }, at, path, stage, context) => {
    noZone('withdraw-colo', zone, path, context);
    const colos = withdrawColo ?? [];
    if (colos.length === 0) context.fail([...path, 'withdraw-colo'], 'at least one colo', 'none');
    for (const [i, colo] of colos.entries()) {
      context.known([...path, 'withdraw-colo', i], colo, 'colo', Object.keys(stage.colos));
    }
    const act: ColoAct = { kind: 'withdraw-colo', at, colos, lifts: false };
    return { act, text: `${colos.join(', ')} withdrawn from clients` };
  },
  lift: (act, at, others) => {
    if (act.kind !== 'withdraw-colo') throw new TypeError(`${act.kind} withdraws no colo`);
    const held = others.flatMap(({ act: other }) =>
      other.kind === 'withdraw-colo' && !other.lifts ? other.colos : [],
    );
    const colos = act.colos.filter((colo) => !held.includes(colo));
    return colos.length === 0 ? null : { ...act, at, colos, lifts: true };
  },
};
