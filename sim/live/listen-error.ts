/** A socket that could not be opened: what the machine does not allow, in words with the address. */

export type ListenErrorCode = 'in-use' | 'forbidden' | 'no-such-address' | 'no-room' | 'other';

export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: ListenErrorCode;
  readonly address: string;
  readonly port: number;

  constructor(address: string, port: number, cause: NodeJS.ErrnoException) {
    const code = codeOf(cause);
    super(`cannot listen on ${endpoint(address, port)}: ${REASONS[code] ?? cause.message}`, {
      cause,
    });
    this.code = code;
    this.address = address;
    this.port = port;
  }
}

/** The same as plain data, to cross threads. */
export interface Refusal {
  readonly address: string;
  readonly port: number;
  /** What the system said. */
  readonly code: string;
  readonly message: string;
}

export function refusalOf({ address, port, cause }: ListenError): Refusal {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return { address, port, code, message };
}

export function errorOf({ address, port, code, message }: Refusal): ListenError {
  return new ListenError(address, port, Object.assign(new Error(message), { code }));
}

/** `127.0.0.1:53`, `[::1]:53`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function codeOf({ code }: NodeJS.ErrnoException): ListenErrorCode {
  switch (code) {
    case 'EADDRINUSE':
      return 'in-use';
    case 'EACCES':
    case 'EPERM':
      return 'forbidden';
    case 'EADDRNOTAVAIL':
      return 'no-such-address';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
      return 'no-room';
    default:
      return 'other';
  }
}

const REASONS: Readonly<Partial<Record<ListenErrorCode, string>>> = {
  'in-use': 'another program has this port',
  forbidden: 'ports below 1024 are for root, or for a program with CAP_NET_BIND_SERVICE',
  'no-such-address': 'this machine does not have the address',
  'no-room': 'the system allows no more open sockets (ulimit -n)',
};
