/**
 * `npm run bench`: what the core and the engine cost, measured in this process, each beside something
 * real of the same run. Single times depend on the machine; the ratios travel.
 */

import { fileURLToPath } from 'node:url';
import { p256 } from '../../resolver-core/crypto/noble.ts';
import { verifySignature } from '../../resolver-core/crypto/verify.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { RRset, type Rrsig } from '../../resolver-core/rrset.ts';
import { HOUR, MINUTE } from '../../resolver-core/time.ts';
import { ALGORITHM, TYPE } from '../../resolver-core/wire/iana.ts';
import { planOf } from '../../scenarios/compile.ts';
import {
  ecdsaKey,
  ed25519Key,
  rsaKey,
  type SigningKey,
  ZSK_FLAGS,
} from '../../sim/authority/keys.ts';
import { signRrset } from '../../sim/authority/sign.ts';
import type { Plan } from '../../sim/plan.ts';
import { openWorld } from '../../sim/world.ts';
import { quietPlan } from '../bench/quiet-plan.ts';
import { measureAnswerWeight, measureMisses } from './bench/misses.ts';

const INCIDENT = fileURLToPath(
  new URL('../../scenarios/library/de-rollover-2026.yaml', import.meta.url),
);
const ROUNDS = 5;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}

/** Nanoseconds per call of `work`, which does `calls` of them; median of some rounds after a warm-up. */
function nanoseconds(calls: number, work: () => void): number {
  work();
  return median(
    Array.from({ length: ROUNDS }, () => {
      const start = process.hrtime.bigint();
      work();
      return Number(process.hrtime.bigint() - start) / calls;
    }),
  );
}

function row(what: string, value: string, beside = ''): void {
  process.stdout.write(`${what.padEnd(58)}${value.padStart(14)}  ${beside}\n`);
}

/** One colo of the incident after its warm-up, in the first variant. */
function warmColo(plan: Plan): ReturnType<ReturnType<typeof openWorld>['openShard']> {
  const variant = plan.variants[0];
  if (variant === undefined) throw new Error('the incident has no variant');
  const colo = openWorld(plan).openShard(variant, 0, { block: 256, wire: false });
  colo.shard.advance(plan.time.from);
  return colo;
}

function benchHits(plan: Plan): void {
  const { nodes, shard } = warmColo(plan);
  const node = nodes[0];
  if (node === undefined) throw new Error('the colo has no node');
  const clock = shard.clock;
  const ids: number[] = [];
  for (let id = 0; id < plan.traffic.names * plan.traffic.types.length; id++) {
    if (node.probe(id, false, clock) >= 0) ids.push(id);
  }
  const order = Int32Array.from(
    { length: 1 << 20 },
    (_, i) => ids[Math.imul(i, 0x9e3779b1) >>> (8 % ids.length)] ?? (ids[i % ids.length] as number),
  );
  let sum = 0;
  const probe = nanoseconds(order.length, () => {
    for (let i = 0; i < order.length; i++) {
      const slot = node.probe(order[i] as number, false, clock);
      sum += node.outcomeOf(slot);
    }
  });
  const byId = new Map(ids.map((id) => [id, { expires: clock + HOUR, rcode: 0 }]));
  const map = nanoseconds(order.length, () => {
    for (let i = 0; i < order.length; i++) {
      const entry = byId.get(order[i] as number);
      if (entry !== undefined && entry.expires > clock) sum += entry.rcode;
    }
  });
  if (sum < 0) throw new Error('unreachable');
  row(
    'hit: probe and outcome',
    `${probe.toFixed(0)} ns`,
    `${(probe / map).toFixed(2)} x a Map of objects (${map.toFixed(0)} ns)`,
  );
  const quiet = quietPlan(plan);
  const colo = warmColo(quiet);
  const before = colo.shard.queries;
  const start = process.hrtime.bigint();
  colo.shard.advance(colo.shard.clock + 20 * MINUTE);
  const each = Number(process.hrtime.bigint() - start) / (colo.shard.queries - before);
  row(
    'hit in the engine: arrival, probe, counters',
    `${each.toFixed(0)} ns`,
    'at most 200 ns wanted; names that are always cached',
  );
}

function benchMisses(plan: Plan): void {
  for (const { exchanges, microseconds, count } of measureMisses(plan)) {
    const wanted = exchanges === 1 ? 'at most 5 us wanted' : '';
    row(
      `miss with ${exchanges} upstream exchange${exchanges === 1 ? '' : 's'}${exchanges > 2 ? ' (cold)' : ''}`,
      `${microseconds.toFixed(2)} us`,
      `${count.toLocaleString('en')} misses; memo warm, authority and validation included ${wanted}`,
    );
  }
}

function benchMemory(plan: Plan): void {
  const { octets, answers } = measureAnswerWeight(plan);
  const object = 290; // what a name alone takes as an object with its octets and text, measured
  row(
    'a cached answer',
    `${octets.toFixed(0)} octets`,
    `${answers.toLocaleString('en')} answers, table, RRsets and zone cuts included; ${(octets / object).toFixed(1)} x a bare name object`,
  );
}

function benchCrypto(): void {
  const keys: [string, SigningKey, number][] = [
    [
      'RSA 1024',
      rsaKey({ bits: 1024, algorithm: ALGORITHM.RSASHA256, flags: ZSK_FLAGS, poolIndex: 0 }),
      200,
    ],
    [
      'RSA 2048',
      rsaKey({ bits: 2048, algorithm: ALGORITHM.RSASHA256, flags: ZSK_FLAGS, poolIndex: 0 }),
      100,
    ],
    [
      'P-256',
      ecdsaKey({ algorithm: ALGORITHM.ECDSAP256SHA256, seed: 'bench', flags: ZSK_FLAGS }),
      200,
    ],
    ['Ed25519', ed25519Key({ seed: 'bench', flags: ZSK_FLAGS }), 200],
  ];
  const zone = Name.parse('example');
  let verifyP256 = 0;
  for (const [name, key, count] of keys) {
    let serial = 0;
    const make = (): { rrset: RRset; rrsig: Rrsig } => {
      const rdata = [Uint8Array.of(192, 0, serial >> 8, serial++ & 255)];
      const terms = { signer: zone, inception: 1, expiration: 1000, originalTtl: 60 };
      const rrsig = signRrset({ name: zone, type: TYPE.A, rdata }, key, terms);
      return { rrset: new RRset(zone, TYPE.A, 60, rdata, [rrsig]), rrsig };
    };
    let made: { rrset: RRset; rrsig: Rrsig }[] = [];
    const sign = nanoseconds(count, () => {
      made = Array.from({ length: count }, make);
      for (const { rrsig } of made)
        if (rrsig.signature.length === 0) throw new Error('no signature');
    });
    const verify = nanoseconds(count, () => {
      for (const { rrset, rrsig } of made) {
        rrsig.verdicts = undefined;
        if (!verifySignature(rrset, rrsig, key.dnskey)) throw new Error('a good signature failed');
      }
    });
    if (name === 'P-256') verifyP256 = verify;
    row(
      `${name}: signature / validation`,
      `${(sign / 1000).toFixed(0)} / ${(verify / 1000).toFixed(0)} us`,
    );
    const [first] = made;
    if (name === 'RSA 1024' && first !== undefined) {
      const remembered = nanoseconds(100_000, () => {
        for (let i = 0; i < 100_000; i++) verifySignature(first.rrset, first.rrsig, key.dnskey);
      });
      row(
        '  the same validation, remembered',
        `${remembered.toFixed(0)} ns`,
        `1 / ${(verify / remembered).toFixed(0)} of the first`,
      );
    }
  }
  const secret = new Uint8Array(32).fill(7);
  const hash = new Uint8Array(32).fill(9);
  const signature = p256.sign(hash, secret);
  const publicKey = p256.publicKey(secret);
  const noble = nanoseconds(20, () => {
    for (let i = 0; i < 20; i++) p256.verify(signature, hash, publicKey);
  });
  row(
    '  P-256 validation beside noble',
    `${(noble / verifyP256).toFixed(0)} x`,
    'noble takes that many times as long',
  );
}

function benchRun(plan: Plan): void {
  const { shard, nodes } = warmColo(plan);
  const before = shard.queries;
  const start = process.hrtime.bigint();
  shard.advance(shard.clock + 30 * MINUTE);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const queries = shard.queries - before;
  row(
    'the incident, one thread, half an hour after the warm-up',
    `${(queries / seconds / 1000).toFixed(0)} k/s`,
    'simulated client queries per second, all mechanisms on',
  );
  const cached = nodes.reduce((total, node) => total + node.cachedAnswers, 0);
  row('answers cached by the nodes meanwhile', cached.toLocaleString('en'));
}

const plan = planOf(INCIDENT);
process.stdout.write(
  `Node ${process.version}, one thread. Medians; compare ratios, not times.\n\n`,
);
benchMemory(plan); // first, while nothing else is on the heap
benchHits(plan);
benchMisses(plan);
benchCrypto();
benchRun(plan);
