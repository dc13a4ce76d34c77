/**
 * One resolver in two worlds: the same moments of each incident, asked of a colo in virtual time and of the
 * same colo as threads on real sockets, give the same answers, section by section. The scenario's clock
 * stands still while it is asked, in both.
 */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { clientResponse } from '../../resolver-core/reply.ts';
import { messageText } from '../../resolver-core/text/message.ts';
import type { Micros } from '../../resolver-core/time.ts';
import { OPCODE, RCODE, TYPE, typeNumber } from '../../resolver-core/wire/iana.ts';
import { LiveCluster } from '../../sim/live/cluster.ts';
import { FRONT_ADDRESS } from '../../sim/live/layout.ts';
import { sizedPlan } from '../../sim/live/sized-plan.ts';
import { askResolver } from '../../sim/live/testing/resolver-client.ts';
import type { Plan, Role, VariantPlan } from '../../sim/plan.ts';
import { shardOf, viewOf } from '../../sim/roles.ts';
import { traceLookup } from '../../sim/trace/lookup.ts';
import { DEFAULT_BLOCK, openWorld } from '../../sim/world.ts';
import { planOf } from '../compile.ts';
import { withFolder } from '../testing/files.ts';

const SCALE = 0.05;

interface Asked {
  readonly name: string;
  readonly type: string;
  readonly cd?: boolean;
}

interface Moment {
  readonly incident: string;
  readonly what: string;
  readonly variant: string;
  readonly at: string;
  /** In place of the scenario's window: begun not long before. */
  readonly time: string;
  readonly nodes: number;
  /** Which of the scenario's colos is asked; left out: the first. */
  readonly colo?: number;
  /** Left out: the public resolver. */
  readonly role?: Role;
  /** What at least one answer must have, so that two silences do not agree. */
  readonly seen: readonly RegExp[];
}

const MOMENTS: readonly Moment[] = [
  {
    ...{ incident: 'de-rollover-2026', what: 'half an hour into it' },
    ...{ variant: 'nothing-done', at: '2026-05-05T20:00Z', nodes: 2 },
    time: '{ from: 2026-05-05T19:25Z, to: 2026-05-06T01:00Z, warmup: 5m }',
    seen: [
      /status: SERVFAIL[\s\S]*EDE: 6 [\s\S]*33834/,
      /EDE: 3 /,
      /flags:.* ad/,
      /status: NXDOMAIN/,
    ],
  },
  {
    ...{ incident: 'root-zone-expiry-2023', what: 'after the rule whose tag is dropped' },
    ...{ variant: 'as-it-happened', at: '2023-10-04T08:55Z', nodes: 4 },
    time: '{ from: 2023-10-04T08:40Z, to: 2023-10-04T10:35Z, warmup: 5m }',
    seen: [/status: SERVFAIL[\s\S]*EDE: 7 /, /status: NOERROR/],
  },
  {
    ...{ incident: 'stale-region-2023', what: 'beside the site without updates' },
    ...{ variant: 'nothing-done', at: '2023-07-09T03:00Z', nodes: 1, colo: 1, role: 'origin' },
    time: '{ from: 2023-07-08T22:10Z, to: 2023-07-09T10:00Z, warmup: 5m }',
    seen: [/status: SERVFAIL[\s\S]*EDE: 7 /, /status: NOERROR/],
  },
];

/** Names that the traffic asks for, some that nobody has asked for, and some that do not exist. */
function questionsOf(plan: Plan): Asked[] {
  const popular = plan.catalogue.slice(0, 4);
  const german = plan.catalogue.filter((domain) => domain.endsWith('.de')).slice(0, 10);
  const below = plan.catalogue.slice(6, 10).map((domain) => `never-asked.${domain}`);
  const names = [
    ...popular,
    ...german,
    ...below,
    'junk.nosuchtld',
    'never-asked-before.de',
    'never-asked.com',
  ];
  const asked = names.flatMap((name): Asked[] => [
    { name, type: 'A' },
    { name, type: 'A', cd: true },
  ]);
  const tops: Asked[] = ['DS', 'NS'].map((type) => ({ name: 'se', type }));
  return [...asked, ...tops, { name: '.', type: 'DNSKEY' }];
}

async function momentPlan({ incident, nodes, time, role, colo = 0 }: Moment): Promise<Plan> {
  const file = fileURLToPath(new URL(`./${incident}.yaml`, import.meta.url));
  const none = 'expect: []\npublished: []\nalerts: ~\nreferences: ~\nphases: ~\n';
  const main = `extends: ${file}\ntime: ${time}\n${none}`;
  let plan: Plan | null = null;
  await withFolder({ 'main.yaml': main }, async (folder) => {
    const whole = planOf(join(folder, 'main.yaml'), { scale: SCALE });
    plan = sizedPlan(viewOf(whole, role ?? whole.cluster.role), { colos: colo + 1, nodes });
  });
  if (plan === null) throw new Error('no plan');
  return plan;
}

function queryOf({ name, type, cd = false }: Asked): Message {
  return {
    ...{ response: false, opcode: OPCODE.QUERY, rcode: RCODE.NOERROR },
    ...{ authoritative: false, truncated: false, recursionDesired: true },
    ...{ recursionAvailable: false, authenticatedData: false, checkingDisabled: cd },
    question: { name: Name.parse(name), type: typeNumber(type) ?? TYPE.A },
    ...{ answer: [], authority: [], additional: [] },
    edns: { version: 0, udpSize: 1232, dnssecOk: true, extendedErrors: [], options: [] },
    dnssec: true,
  };
}

/** Each question in turn, at one node after another. */
function virtualAnswers(
  plan: Plan,
  variant: VariantPlan,
  colo: number,
  at: Micros,
  asked: readonly Asked[],
) {
  const settings = { block: DEFAULT_BLOCK, wire: false };
  const opened = openWorld(plan).openShard(variant, shardOf(plan, colo), settings);
  const { shard, nodes, upstream } = opened;
  shard.advance(at);
  const clock = Math.max(at, shard.settle());
  const ahead = nodes.map((_, node) => shard.clockOf(node, clock) - clock);
  const place = { nodes, upstream, delay: plan.cluster.forwarding.delay, ahead };
  return asked.map((one, index) => {
    const node = index % nodes.length;
    const query = queryOf(one);
    const { checkingDisabled } = query;
    const question = query.question ?? { name: Name.root, type: TYPE.A };
    const told = { node, question, dnssecOk: true, checkingDisabled, at: clock };
    const { answer } = traceLookup(place, told);
    const config = nodes[node]?.config;
    if (config === undefined) throw new Error('no node');
    const seen = Math.max(clock + (ahead[node] ?? 0), answer.answer.storedAt);
    return messageText(clientResponse(query, answer, seen, config));
  });
}

describe('one resolver in two worlds', { timeout: 120_000 }, () => {
  it.each(MOMENTS)('$incident, $what: the same answers', async (moment) => {
    const plan = await momentPlan(moment);
    const variant = plan.variants.find(({ name }) => name === moment.variant);
    if (variant === undefined) throw new Error(`no variant ${moment.variant}`);
    const at = Date.parse(moment.at) * 1000;
    const { colo = 0 } = moment;
    const asked = questionsOf(plan);
    const virtual = virtualAnswers(plan, variant, colo, at, asked);
    const cluster = await LiveCluster.open({
      ...{ plan, variant, at, speed: 0, beyondLoopback: false, reusePort: false },
      front: { address: FRONT_ADDRESS, port: 0 },
      onNotice: () => {},
    });
    try {
      const nodes = cluster.nodes.filter((node) => node.colo === colo);
      for (const [index, { name, type, cd = false }] of asked.entries()) {
        const node = nodes[index % nodes.length];
        if (node === undefined) throw new Error('no node');
        const { message } = await askResolver(node.own, name, type, { cd });
        expect(`${name} ${type} ${messageText(message)}`).toBe(`${name} ${type} ${virtual[index]}`);
      }
    } finally {
      await cluster.close();
    }
    for (const pattern of moment.seen)
      expect(virtual.some((text) => pattern.test(text))).toBe(true);
  });
});
