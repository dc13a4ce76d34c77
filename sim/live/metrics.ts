/**
 * The counts of a live cluster as OpenMetrics text (1.0.0, "Counters" end in `_total`). Labels are `colo` and
 * `node`; every client query counts once as received, and once as answered (by `result`), turned away or
 * dropped (by `reason`), or is in `zonequake_waiting`. docs/live.md has the table.
 */

import { rcodeName } from '../../resolver-core/wire/iana.ts';
import type { LiveCluster, LiveNodeAt } from './cluster.ts';
import { droppedBy, type NodeCounters, waitingOf } from './counters.ts';

export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Of one node: label values and what they count. */
type Counts = Readonly<Record<string, number>>;

export function metricsText(cluster: LiveCluster, residentOctets: number): string {
  const families = [...nodeFamilies(cluster), ...clusterFamilies(cluster, residentOctets)];
  return `${families.map(familyText).join('')}# EOF\n`;
}

function nodeFamilies(cluster: LiveCluster): Family[] {
  const { plan, nodes } = cluster;
  const labelsOf = ({ colo, number }: LiveNodeAt): Labels => ({
    colo: plan.cluster.colos[colo]?.name ?? '',
    node: String(number),
  });
  const counter = (
    name: string,
    help: string,
    label: string | null,
    countsOf: (counters: NodeCounters) => Counts,
    type: Family['type'] = 'counter',
  ): Family => ({
    name: `zonequake_${name}`,
    ...{ type, help },
    samples: nodes.flatMap((node) =>
      Object.entries(countsOf(node.counters)).map(([word, value]) => ({
        labels: label === null ? labelsOf(node) : { ...labelsOf(node), [label]: word },
        value,
      })),
    ),
  });
  return [
    counter('queries', 'Queries that came, whatever they were.', 'proto', ({ listener }) => ({
      udp: listener.udpReceived,
      tcp: listener.tcpReceived,
    })),
    counter('answers', 'Answers to clients, by where they came from.', 'result', resultsOf),
    counter('fast_answers', 'Of the hits: given from rendered octets.', null, ({ answers }) => ({
      all: answers.fast,
    })),
    counter('responses', 'Answers to clients, by RCODE.', 'rcode', ({ rcodes }) =>
      named(rcodes, rcodeName),
    ),
    counter('authenticated', 'Answers to clients with AD.', null, ({ answers }) => ({
      all: answers.authenticated,
    })),
    counter('ede', 'Extended DNS Errors in answers to clients.', 'code', ({ ede }) =>
      named(ede, String),
    ),
    counter('turned_away', 'What was no query, answered with an RCODE.', 'reason', (counters) => {
      const { formerr, notimp, badvers, refused } = counters.listener.turned;
      return { formerr, notimp, badvers, refused };
    }),
    counter('dropped', 'What came and was never answered.', 'reason', droppedBy),
    counter('waiting', 'Queries without an answer yet.', null, all(waitingOf), 'gauge'),
    counter(
      'cached_answers',
      'Answers held, fresh or not.',
      null,
      all(({ fate }) => fate.cached),
      'gauge',
    ),
    counter('upstream_queries', 'Queries to authoritative servers.', 'proto', ({ asks }) => ({
      udp: asks.udpAsked,
      tcp: asks.tcpAsked,
    })),
    counter(
      'upstream_results',
      'What became of them, and what else came.',
      'result',
      ({ asks }) => {
        const { responses, timeouts, unexpected, malformed } = asks;
        return { response: responses, timeout: timeouts, unexpected, malformed };
      },
    ),
    counter('forwards', 'Queries between the nodes of a colo.', 'event', ({ peers }) => ({
      sent: peers.forwardsSent,
      answered: peers.forwardsAnswered,
      timeout: peers.forwardTimeouts,
      received: peers.forwardsReceived,
      dropped: peers.forwardsDropped,
    })),
    counter(
      'node_restarts',
      'Restarts that the thread survived.',
      null,
      all(({ fate }) => fate.restarts),
    ),
    counter(
      'node_replacements',
      'Threads that took the place of one that ended.',
      null,
      all(({ fate }) => fate.replacements),
    ),
  ];
}

function clusterFamilies(cluster: LiveCluster, residentOctets: number): Family[] {
  const one = (name: string, help: string, value: number): Family => ({
    ...{ name, type: 'gauge', help },
    samples: [{ labels: {}, value }],
  });
  const { received, relayed, returned, malformed, unreached, unexpected } = cluster.relayCounters;
  return [
    {
      ...{ name: 'zonequake_relay_datagrams', type: 'counter' },
      help: 'What the front address, and those of colos without the kernel, handed on.',
      samples: Object.entries({
        received,
        relayed,
        returned,
        malformed,
        unreached,
        unexpected,
      }).map(([event, value]) => ({ labels: { event }, value })),
    },
    one('zonequake_clock_seconds', "The scenario's time.", cluster.clock / 1_000_000),
    one('zonequake_clock_speed', "Seconds of the scenario's time per second.", cluster.speed),
    one('process_resident_memory_bytes', 'Resident memory size in bytes.', residentOctets),
  ];
}

/** What a resolver did with a query: exactly one per answer. */
function resultsOf({ answers }: NodeCounters): Counts {
  return {
    hit_fresh: answers.hit,
    hit_forwarded: answers['forwarded-hit'],
    hit_synth: answers.synthesised,
    hit_stale: answers.stale,
    hit_failure: answers['failure-cached'],
    miss_coalesced: answers.joined,
    miss_upstream: answers.miss,
    local: answers['static-zone'],
    policy: answers.policy,
  };
}

function all(count: (counters: NodeCounters) => number): (counters: NodeCounters) => Counts {
  return (counters) => ({ all: count(counters) });
}

function named(values: Float64Array, nameOf: (index: number) => string): Counts {
  return Object.fromEntries(
    [...values].flatMap((value, index) => (value === 0 ? [] : [[nameOf(index), value]])),
  );
}

function familyText({ name, type, help, samples }: Family): string {
  const suffix = type === 'counter' ? '_total' : '';
  const lines = samples.map(
    ({ labels, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`,
  );
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
