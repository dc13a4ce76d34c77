/** What listeners count; one object may be shared by many. Plain numbers, so that it crosses threads as it is. */

import type { Turned } from './received.ts';

export interface ListenerCounters {
  /** Datagrams and messages that came, whatever they were. */
  udpReceived: number;
  tcpReceived: number;
  /** Responses sent, those that turn something away included. */
  udpSent: number;
  tcpSent: number;
  /** Of `udpSent`: without a `WireQuery`. */
  fast: number;
  /** Of what came: turned away, by reason. */
  readonly turned: Record<Turned, number>;
  /** Queries over UDP dropped since too many were waiting, or the listener was closing. */
  overload: number;
  /** TCP connections taken; turned away since there were too many (or the machine had no room); ended by us, by reason. */
  connections: number;
  connectionsRefused: number;
  connectionsIdle: number;
  /** Reset by the client, or broken off within a message. */
  connectionsBroken: number;
  /** Responses that could not be sent. */
  sendErrors: number;
}

export function newListenerCounters(): ListenerCounters {
  return {
    udpReceived: 0,
    tcpReceived: 0,
    udpSent: 0,
    tcpSent: 0,
    fast: 0,
    turned: {
      ...{ short: 0, response: 0, unanswerable: 0 },
      ...{ formerr: 0, notimp: 0, badvers: 0, refused: 0 },
    },
    overload: 0,
    connections: 0,
    connectionsRefused: 0,
    connectionsIdle: 0,
    connectionsBroken: 0,
    sendErrors: 0,
  };
}
