/** Programs of other people that tests ask for their opinion. */

import { spawnSync } from 'node:child_process';

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** What tshark makes of each packet of a capture. */
export interface Opinion {
  /** Innermost protocol that it found: `dns`, unless it could not make sense of it. */
  readonly protocol: string;
  readonly isResponse: boolean;
  readonly question: string;
  /** Empty when it finds no fault. */
  readonly faults: string;
}

/** The severity of what cannot be; lesser ones are opinions, such as on a query that comes twice. */
const EXPERT_ERROR = '8388608';

/** Reads a capture file of DNS messages; `ports` beside 53 are of servers. Needs tshark. */
export function tsharkOpinions(file: string, ports: readonly number[] = []): readonly Opinion[] {
  const fields = ['frame.protocols', 'dns.flags.response', 'dns.qry.name', '_ws.malformed'];
  const faults = [
    '_ws.expert.severity',
    'ip.checksum.status',
    'udp.checksum.status',
    'tcp.checksum.status',
  ];
  const words = [
    ...['-r', file, '-T', 'fields', '-E', 'separator=|'],
    ...[...fields, ...faults].flatMap((field) => ['-e', field]),
    ...['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]),
    ...ports.flatMap((port) => ['-d', `udp.port==${port},dns`, '-d', `tcp.port==${port},dns`]),
  ];
  const { stdout, stderr, status } = spawnSync('tshark', words, { timeout: 60_000 });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  const lines = stdout.toString().split('\n');
  return lines.slice(0, -1).map((line) => {
    const [protocols = '', response, question = '', malformed, severities = '', ...sums] =
      line.split('|');
    // 1: good. Headers that a packet does not have, have no sum.
    const badSums = sums.filter((sum) => sum !== '' && sum !== '1');
    const errors = severities.split(',').filter((severity) => severity === EXPERT_ERROR);
    return {
      protocol: protocols.split(':').at(-1) ?? '',
      isResponse: response === 'True' || response === '1',
      question,
      faults: [malformed, ...errors, ...badSums].filter((text) => text !== '').join(' '),
    };
  });
}
