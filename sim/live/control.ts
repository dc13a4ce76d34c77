/**
 * The controls of a live cluster over HTTP, on loopback always. GET tells, POST does; bodies and answers are
 * JSON, errors `{ "error": text }`. docs/live.md has the list.
 *
 * A page in a browser on the same machine could send such requests, too: those that a browser marks with the
 * page that they come from are refused, and those for a name that is not this machine's: whoever owns it may
 * let it lead here, and the page then reads what it is told (DNS rebinding).
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Name, NameError } from '../../resolver-core/name/name.ts';
import { formatInstant } from '../../resolver-core/text/instant.ts';
import { epochSeconds, type Micros } from '../../resolver-core/time.ts';
import { isLoopback } from './addresses.ts';
import type { Endpoint } from './asks.ts';
import type { LiveCluster } from './cluster.ts';
import { CONTROL_ADDRESS } from './layout.ts';
import { ListenError } from './listen-error.ts';
import { metricsText, OPENMETRICS_TYPE } from './metrics.ts';
import { OrderError } from './orders.ts';

/** Reads what people write; each throws an `OrderError` for what it does not understand. */
export interface Words {
  readonly instant: (text: string) => Micros;
  readonly duration: (text: string) => Micros;
}

/** Bodies are short: a rule is the longest thing that is said. */
const MAX_BODY_OCTETS = 16_384;
const MAX_SPEED = 100_000;

type Body = Readonly<Record<string, unknown>>;

export class Control {
  readonly #cluster: LiveCluster;
  readonly #words: Words;
  readonly #server: Server;

  private constructor(cluster: LiveCluster, words: Words) {
    this.#cluster = cluster;
    this.#words = words;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: Error) => response.destroy(error));
    });
  }

  /** Rejects with `ListenError`. */
  static open(cluster: LiveCluster, at: Endpoint, words: Words): Promise<Control> {
    const control = new Control(cluster, words);
    const { address, port } = at;
    return new Promise((resolve, reject) => {
      control.#server.once('error', (error) => reject(new ListenError(address, port, error)));
      control.#server.listen({ host: address, port, exclusive: true }, () => {
        control.#server.removeAllListeners('error');
        // A connection that cannot be accepted is lost, and nothing else.
        control.#server.on('error', () => {});
        resolve(control);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = pathOf(request);
      if (request.headers.origin !== undefined) throw new OrderError('not from a browser');
      if (request.method === 'GET' && path === '/metrics') {
        const text = metricsText(this.#cluster, process.memoryUsage.rss());
        response.writeHead(200, { 'content-type': OPENMETRICS_TYPE }).end(text);
        return;
      }
      if (request.method === 'POST') await this.#do(path, await bodyOf(request));
      else if (request.method !== 'GET' || path !== '/') throw new OrderError(`no ${path}`);
      answer(response, 200, this.#status());
    } catch (error) {
      if (!(error instanceof OrderError)) throw error;
      answer(response, 400, { error: error.message });
    }
  }

  #status(): Body {
    const { plan, variant, clock, speed, front, spread, orders, nodes } = this.#cluster;
    return {
      ...{ scenario: plan.name, variant: variant.name, front, spread },
      clock: formatInstant(epochSeconds(clock)),
      speed,
      mitigations: orders.mitigations,
      nodes: nodes.map(({ colo, number, own }) => ({
        node: `${plan.cluster.colos[colo]?.name}/${number}`,
        address: `${own.address}:${own.port}`,
      })),
    };
  }

  async #do(path: string, body: Body): Promise<void> {
    const cluster = this.#cluster;
    const { orders } = cluster;
    switch (path) {
      case '/clock': {
        const { at, speed } = body;
        if (at === undefined && speed === undefined)
          throw new OrderError('"at" or "speed" is missing');
        cluster.setClock({
          ...(at === undefined ? {} : { clock: this.#words.instant(textOf(body, 'at')) }),
          ...(speed === undefined ? {} : { speed: speedOf(speed) }),
        });
        return;
      }
      case '/mitigations/apply':
        orders.apply(textOf(body, 'name'), cluster.clock);
        break;
      case '/mitigations/lift':
        orders.lift(textOf(body, 'name'));
        break;
      case '/rules': {
        const over = body.over === undefined ? 0 : this.#words.duration(textOf(body, 'over'));
        orders.rule(textOf(body, 'rule'), body.lift === true, cluster.clock, over);
        break;
      }
      case '/flush':
        cluster.flush(nameOf(textOf(body, 'name')), body.below === true);
        return;
      case '/nodes/restart':
        cluster.restart(...nodeOf(textOf(body, 'node')));
        return;
      case '/nodes/kill':
        await cluster.kill(...nodeOf(textOf(body, 'node')));
        return;
      default:
        throw new OrderError(`no ${path}`);
    }
    cluster.ordered();
  }
}

/** What is asked for; throws an `OrderError` when it is asked of another than this machine. */
function pathOf({ url = '/', headers }: IncomingMessage): string {
  const asked = `http://${headers.host ?? 'localhost'}${url}`;
  try {
    const { host, pathname } = new URL(asked);
    const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    if (name === 'localhost' || isLoopback(name)) return pathname;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new OrderError(`not for ${asked}: ask for ${CONTROL_ADDRESS} or localhost`);
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > MAX_BODY_OCTETS) throw new OrderError('the body is too long');
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString('utf8');
  try {
    const body: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new OrderError('the body is no JSON object');
}

function textOf(body: Body, key: string): string {
  const value = body[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new OrderError(`"${key}" is missing, or no text`);
}

function speedOf(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= MAX_SPEED) return value;
  throw new OrderError(`"speed" is a number from 0 to ${MAX_SPEED}`);
}

function nameOf(text: string): string {
  try {
    return Name.parse(text).toString();
  } catch (error) {
    if (error instanceof NameError) throw new OrderError(`"${text}" is no domain name`);
    throw error;
  }
}

/** `fra/0`. */
function nodeOf(text: string): [colo: string, node: number] {
  const [, colo, node] = /^(.+)\/(\d+)$/.exec(text) ?? [];
  if (colo !== undefined && node !== undefined) return [colo, Number(node)];
  throw new OrderError(`"${text}" is no node; fra/0 is one`);
}

function answer(response: ServerResponse, status: number, body: Body): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}
