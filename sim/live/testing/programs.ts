/** Programs of other people that tests ask for their opinion. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { eventually } from './clients.ts';

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** What tshark makes of each packet of a capture. */
export interface Opinion {
  /** Innermost protocol that it found: `dns`, unless it could not make sense of it. */
  readonly protocol: string;
  readonly isResponse: boolean;
  /** The IPv4 address of the side that is asked. */
  readonly server: string;
  readonly question: string;
  /** Empty when it finds no fault. */
  readonly faults: string;
}

/** The severity of what cannot be; lesser ones are opinions, such as on a query that comes twice. */
const EXPERT_ERROR = '8388608';

/**
 * Reads a capture file of DNS messages; `ports` beside 53 are of servers. Checksums are not looked at where the
 * kernel captured: on loopback it computes none. Needs tshark.
 */
export function tsharkOpinions(
  file: string,
  ports: readonly number[] = [],
  by: 'us' | 'kernel' = 'us',
): readonly Opinion[] {
  const checks = by === 'us' ? 'TRUE' : 'FALSE';
  const fields = [
    ...['frame.protocols', 'ip.src', 'ip.dst'],
    ...['dns.flags.response', 'dns.qry.name', '_ws.malformed'],
  ];
  const faults = [
    '_ws.expert.severity',
    'ip.checksum.status',
    'udp.checksum.status',
    'tcp.checksum.status',
  ];
  const words = [
    ...['-r', file, '-T', 'fields', '-E', 'separator=|'],
    ...[...fields, ...faults].flatMap((field) => ['-e', field]),
    ...['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:${checks}`]),
    ...ports.flatMap((port) => ['-d', `udp.port==${port},dns`, '-d', `tcp.port==${port},dns`]),
  ];
  const { stdout, stderr, status } = spawnSync('tshark', words, { timeout: 60_000 });
  if (status !== 0) throw new Error(`tshark: ${stderr}`);
  const lines = stdout.toString().split('\n');
  return lines.slice(0, -1).map((line) => {
    const [protocols = '', from = '', to = '', ...rest] = line.split('|');
    const [response, question = '', malformed, severities = '', ...sums] = rest;
    const isResponse = response === 'True' || response === '1';
    // 1: good. Headers that a packet does not have, have no sum.
    const badSums = by === 'kernel' ? [] : sums.filter((sum) => sum !== '' && sum !== '1');
    const errors = severities.split(',').filter((severity) => severity === EXPERT_ERROR);
    return {
      protocol: protocols.split(':').at(-1) ?? '',
      isResponse,
      server: isResponse ? from : to,
      question,
      faults: [malformed, ...errors, ...badSums].filter((text) => text !== '').join(' '),
    };
  });
}

/** What passes on loopback to or from some ports, while it runs. Needs tshark. */
export class LoopbackCapture {
  readonly #child: ChildProcess;
  readonly file: string;
  #told = '';
  #isOver = false;

  constructor(file: string, ports: readonly number[]) {
    this.file = file;
    const filter = ports.map((port) => `port ${port}`).join(' or ');
    this.#child = spawn('tshark', ['-i', 'lo', '-w', file, '-f', filter]);
    this.#child.stderr?.on('data', (text: Uint8Array) => {
      this.#told += text;
    });
    this.#child.on('exit', () => {
      this.#isOver = true;
    });
  }

  /**
   * Lets something pass, which has `mark` in it, until the file has it: what passes later is in it, too, and what
   * passed before. False where this machine does not let us capture.
   */
  async reaches(mark: string, pass: () => void): Promise<boolean> {
    return eventually(() => {
      if (this.#isOver) return false;
      if (existsSync(this.file) && readFileSync(this.file).includes(mark)) return true;
      pass();
      return null;
    }, `what tshark captures; it says: ${this.#told}`);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGINT');
    await eventually(() => (this.#isOver ? true : null), 'the end of tshark');
  }
}
