/** `zonequake ctl …`: the controls of a live cluster, over HTTP on loopback (docs/live.md). */

import { CONTROL_ADDRESS, FRONT_PORT } from '../../sim/live/layout.ts';
import { EnvironmentError, UsageError } from './exit-codes.ts';

/** What is sent for a command. */
export interface CtlRequest {
  readonly path: string;
  /** null: GET. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

export const CONTROL_URL: string = `http://${CONTROL_ADDRESS}:${FRONT_PORT}`;

/** What goes to stdout. Throws `UsageError` for what the cluster refuses, `EnvironmentError` when there is none. */
export async function ctlCommand(control: string, { path, body }: CtlRequest): Promise<string> {
  const url = urlOf(control, path);
  let response: Response;
  let text: string;
  try {
    response = await fetch(
      url,
      body === null ? {} : { method: 'POST', body: JSON.stringify(body) },
    );
    text = await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    throw new EnvironmentError(`no live cluster answers at ${control}: ${cause}`);
  }
  if (response.ok && path === '/metrics') return text;
  const said = objectIn(text);
  if (response.ok && said !== null && 'scenario' in said) return statusText(said);
  if (said !== null && 'error' in said && typeof said.error === 'string') {
    throw new UsageError(said.error);
  }
  throw new EnvironmentError(`what answers at ${control} is no live cluster`);
}

interface Status {
  readonly scenario: string;
  readonly variant: string;
  readonly clock: string;
  readonly speed: number;
  readonly mitigations: readonly string[];
  readonly nodes: readonly { readonly node: string; readonly address: string }[];
}

function statusText({ scenario, variant, clock, speed, mitigations, nodes }: Status): string {
  return `${[
    `${scenario}, variant ${variant}; clock ${clock}, speed ${speed}`,
    `mitigations ${mitigations.join(' ') || 'none'}`,
    ...nodes.map(({ node, address }) => `node ${node} ${address}`),
  ].join('\n')}\n`;
}

function urlOf(control: string, path: string): URL {
  try {
    return new URL(path, control);
  } catch {
    throw new UsageError(`--control "${control}" is no URL; ${CONTROL_URL} is one`);
  }
}

/** null for what no live cluster says. */
function objectIn(text: string): Status | { readonly error?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
