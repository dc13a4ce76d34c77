import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { Message } from '../../resolver-core/message.ts';
import { Name } from '../../resolver-core/name/name.ts';
import { EDE, RCODE, TYPE } from '../../resolver-core/wire/iana.ts';
import { Catalogue } from '../../sim/authority/catalogue.ts';
import { ListenError } from '../../sim/live/listen-error.ts';
import { openListener } from '../../sim/live/listener.ts';
import { newListenerCounters } from '../../sim/live/listener-counters.ts';
import type { ResolverName } from '../../sim/live/resolver-kits.ts';
import { eventually, UdpClient } from '../../sim/live/testing/clients.ts';
import { isInstalled, tsharkOpinions } from '../../sim/live/testing/programs.ts';
import { ednsOf, queryOctets, readResponse } from '../../sim/live/testing/queries.ts';
import { type AuthoritiesCommandOptions, authoritiesCommand } from './authorities.ts';
import { thePlan } from './choices.ts';
import { EnvironmentError, EXIT, UsageError } from './exit-codes.ts';

const EXECUTABLE = fileURLToPath(new URL('../zonequake.mjs', import.meta.url));
const SCENARIO = 'de-rollover-2026';
const BEFORE = '2026-05-05T19:00Z';
const INSIDE = '2026-05-05T21:00Z';

const cleanups: (() => unknown)[] = [];

async function cleanUp(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean();
}

afterEach(cleanUp);

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zonequake-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function optionsOf(over: Partial<AuthoritiesCommandOptions>): AuthoritiesCommandOptions {
  return {
    ...{ at: undefined, variant: undefined, colo: undefined, resolver: undefined, rebase: false },
    ...{ port: undefined, resolverPort: undefined, out: undefined, pcap: undefined },
    ...over,
  };
}

interface Standing {
  /** What was said until it was ready. */
  readonly said: string;
  end(): Promise<void>;
}

/** The command, once it is ready; as long as another has the port, it is tried again. */
async function standing(over: Partial<AuthoritiesCommandOptions>): Promise<Standing> {
  const deadline = Date.now() + 100_000;
  for (;;) {
    const stop = new AbortController();
    let said = '';
    let ready = (): void => {};
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const ended = authoritiesCommand(SCENARIO, optionsOf(over), stop.signal, (text) => {
      said += text;
      if (text.startsWith('ready')) ready();
    });
    const end = (): Promise<void> => {
      stop.abort();
      return ended;
    };
    try {
      await Promise.race([isReady, ended]);
      cleanups.push(end);
      return { said, end };
    } catch (error) {
      const isTaken = error instanceof EnvironmentError && /another program/.test(error.message);
      if (!isTaken || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

interface Running {
  readonly child: ChildProcess;
  /** On both streams. */
  readonly told: () => string;
  readonly ended: Promise<number | null>;
}

/** `zonequake authorities` as a process of its own. */
function program(...words: readonly string[]): Running {
  const child = spawn(process.execPath, [EXECUTABLE, 'authorities', SCENARIO, ...words]);
  cleanups.push(() => child.kill('SIGKILL'));
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Uint8Array) => {
      told += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { child, told: () => told, ended };
}

describe('zonequake authorities', () => {
  test('says where each site of each server stands, and answers there', async () => {
    const { said, end } = await standing({ at: BEFORE });
    const [, address = '', port = ''] = /dig @(\S+) -p (\d+) \. SOA/.exec(said) ?? [];
    expect(said).toMatch(/^93 authoritative servers as \S+ meets them/m);
    expect(said).toMatch(/^ {2}127\.64\.0\.255 +a\.root-servers\.net {2}root-servers: \.1 /m);
    expect(said.split('\n')[0]).toBe(
      'de-rollover-2026, variant nothing-done: it is 2026-05-05T19:00:00Z',
    );
    const client = new UdpClient({ address, port: Number(port) });
    const { message } = readResponse(await client.ask(queryOctets('de', 1)));
    client.close();
    expect(message.authority[0]?.name.toString()).toBe('de.');
    await end();
  });

  test('as a process: exit code 3 where the port is taken, 0 after SIGTERM', async () => {
    const first = program();
    await eventually(() => (first.told().includes('ready') ? true : null), 'the servers');
    const port = /port (\d+)/.exec(first.told())?.[1] ?? '';
    const second = program('--port', port);
    expect(await second.ended).toBe(EXIT.environment);
    expect(second.told()).toContain(
      `zonequake: cannot listen on 127.64.0.255:${port}: another program has this port`,
    );
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(EXIT.ok);
  });

  test.each([
    [{ resolver: 'bind' as const }, '--for needs --out'],
    [{ resolver: 'bind' as const, out: 'a "folder"' }, 'a configuration cannot name'],
    [{ variant: 'as-it-hapened' }, 'did you mean "as-it-happened"?'],
    [{ at: '2031-01-01T00:00Z' }, 'outside the scenario'],
  ])('%o is refused: %s', async (over, message) => {
    const asked = standing(over);
    await expect(asked).rejects.toThrow(UsageError);
    await expect(asked).rejects.toThrow(message);
  });
});

// ---- real resolvers ----

/** Why the servers cannot stand where resolvers look for them; null: they can. */
async function obstacle(): Promise<string | null> {
  try {
    const listener = await openListener({
      ...{ address: '127.64.0.1', port: 53, counters: newListenerCounters() },
      onQuery: () => {},
    });
    await listener.close();
    return null;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    return error.code === 'in-use' ? null : error.message;
  }
}

interface Program {
  readonly name: string;
  /** How it says its version, which the configuration is for. */
  readonly says: readonly [option: string, known: RegExp];
  /** The version that was looked at closely. */
  readonly measured: RegExp;
}

const PROGRAMS: Readonly<Record<ResolverName, Program>> = {
  unbound: { name: 'unbound', says: ['-V', /Version 1\./], measured: /Version 1\.17\./ },
  bind: { name: 'named', says: ['-v', /BIND 9\./], measured: /BIND 9\.18\./ },
  knot: { name: 'kresd', says: ['--version', /version 5\./], measured: /version 5\.6\./ },
  pdns: { name: 'pdns_recursor', says: ['--version', /Recursor 4\./], measured: /Recursor 4\.8\./ },
};

const OBSTACLE = await obstacle();

/** What each that is installed says of its version. */
const VERSIONS = new Map(
  Object.entries(PROGRAMS)
    .filter(([, { name }]) => isInstalled(name))
    .map(([resolver, { name, says }]) => {
      const { stdout, stderr } = spawnSync(name, [says[0]], { timeout: 20_000 });
      return [resolver as ResolverName, `${stdout}${stderr}`] as const;
    }),
);
const PRESENT = [...VERSIONS].flatMap(([resolver, version]) =>
  PROGRAMS[resolver].says[1].test(version) ? [resolver] : [],
);
const MEASURED = PRESENT.filter((each) => PROGRAMS[each].measured.test(VERSIONS.get(each) ?? ''));
const ABSENT = (Object.keys(PROGRAMS) as ResolverName[]).filter((each) => !PRESENT.includes(each));

/** Of .de: one that is signed, one that is not, neither broken nor an alias, as the test of a rebased plan needs. */
function domainsOfDe(): { readonly signed: Name; readonly unsigned: Name } {
  const catalogue = new Catalogue(thePlan('authorities', SCENARIO));
  const sound = catalogue.domains.filter(
    (domain) =>
      domain.broken === null &&
      domain.name.parent.equals(Name.parse('de')) &&
      catalogue.traits(domain.name, domain).alias === null,
  );
  const [signed, unsigned] = [true, false].map((wanted) =>
    sound.find((domain) => domain.signed === wanted),
  );
  if (signed === undefined || unsigned === undefined) throw new Error('.de has no such domains');
  return { signed: signed.name, unsigned: unsigned.name };
}

async function freePort(): Promise<number> {
  const counters = newListenerCounters();
  const listener = await openListener({
    ...{ address: '127.0.0.1', port: 0, counters },
    onQuery: () => {},
  });
  await listener.close();
  return listener.port;
}

class Resolver {
  readonly name: ResolverName;
  readonly port: number;
  readonly keys: string;
  readonly #child: ChildProcess;
  readonly #client: UdpClient;
  #told = '';
  #id = 0;

  constructor(name: ResolverName, port: number, said: string) {
    this.name = name;
    this.port = port;
    const command = /^start it +(.+)$/m.exec(said)?.[1]?.split(' ') ?? [];
    this.keys = / -a (\S+) /.exec(said)?.[1] ?? '';
    // A group of its own, so that nothing that it starts stays.
    this.#child = spawn(command[0] as string, command.slice(1), { detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text: Uint8Array) => {
        this.#told += text;
      });
    }
    this.#child.on('error', (error) => {
      this.#told += error.message;
    });
    this.#client = new UdpClient({ address: '127.0.0.1', port });
    const kill = (): void => {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    };
    process.once('exit', kill);
    cleanups.push(() => {
      process.off('exit', kill);
      this.#client.close();
      return new Promise<void>((resolve) => {
        if (this.#child.exitCode !== null || this.#child.pid === undefined) return resolve();
        this.#child.once('exit', () => resolve());
        kill();
      });
    });
  }

  /** Asks until it is answered. */
  async ready(): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (this.#client.received.length === 0) {
      if (Date.now() > deadline) throw new Error(`${this.name} does not answer:\n${this.#told}`);
      this.#client.send(queryOctets('.', 0, { question: { name: Name.root, type: TYPE.SOA } }));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async ask(name: Name, type: number = TYPE.A, checkingDisabled = false): Promise<Message> {
    const edns = ednsOf({ dnssecOk: true });
    const id = ++this.#id;
    const question = { name, type };
    this.#client.send(queryOctets('.', id, { edns, checkingDisabled, question }));
    const deadline = Date.now() + 60_000;
    for (;;) {
      for (const octets of this.#client.received) {
        const response = readResponse(octets);
        if (response.id === id) return response.message;
      }
      if (Date.now() > deadline) throw new Error(`${this.name}: no answer\n${this.#told}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Resolvers over servers that stand at this instant. */
async function resolversAt(
  at: string,
  names: readonly ResolverName[],
  over: Partial<AuthoritiesCommandOptions>,
): Promise<{ readonly resolvers: readonly Resolver[]; readonly end: () => Promise<void> }> {
  let endServers = async (): Promise<void> => {};
  const configured: {
    readonly name: ResolverName;
    readonly port: number;
    readonly said: string;
  }[] = [];
  for (const name of names) {
    const resolverPort = await freePort();
    const out = join(scratch(), name);
    // No configuration depends on who serves: those of all but the last end again at once.
    const { said, end } = await standing({ at, resolver: name, resolverPort, out, ...over });
    configured.push({ name, port: resolverPort, said });
    if (configured.length < names.length) await end();
    else endServers = end;
  }
  const resolvers = configured.map(({ name, port, said }) => new Resolver(name, port, said));
  await Promise.all(resolvers.map((resolver) => resolver.ready()));
  return { resolvers, end: endServers };
}

const skipped =
  OBSTACLE !== null
    ? ` (skipped: ${OBSTACLE})`
    : ABSENT.length > 0
      ? ` (without ${ABSENT.map((each) => PROGRAMS[each].name).join(', ')}: not installed, or of another version)`
      : '';

describe.skipIf(OBSTACLE !== null || PRESENT.length === 0)(`real resolvers${skipped}`, () => {
  const { signed, unsigned } = domainsOfDe();
  const elsewhere = Name.parse('se');
  const outcome = ({ rcode, authenticatedData }: Message): readonly [number, boolean] => [
    rcode,
    authenticatedData,
  ];

  test('before 19:30 they resolve, and validate what is signed', async () => {
    const pcap = join(scratch(), 'before.pcap');
    const { resolvers, end } = await resolversAt(BEFORE, PRESENT, { rebase: true, pcap });
    for (const resolver of resolvers) {
      const said = [
        outcome(await resolver.ask(signed)),
        outcome(await resolver.ask(unsigned)),
        outcome(await resolver.ask(elsewhere, TYPE.SOA)),
      ];
      expect({ [resolver.name]: said }).toEqual({
        [resolver.name]: [
          [RCODE.NOERROR, true],
          [RCODE.NOERROR, false],
          [RCODE.NOERROR, true],
        ],
      });
      expect(await delv(resolver, unsigned)).toMatch(/unsigned answer|not installed/);
      expect(await delv(resolver, signed)).toMatch(/fully validated|not installed/);
    }
    await end();
    if (isInstalled('tshark')) judge(pcap);
  });

  test('inside the incident an unsigned name of .de fails, and nothing elsewhere does', async () => {
    const edes: Partial<Record<ResolverName, readonly number[]>> = {};
    const withCd: Partial<Record<ResolverName, number>> = {};
    const pcap = join(scratch(), 'inside.pcap');
    const { resolvers, end } = await resolversAt(INSIDE, PRESENT, { rebase: true, pcap });
    for (const resolver of resolvers) {
      const failed = await resolver.ask(unsigned);
      expect({ [resolver.name]: outcome(failed) }).toEqual({
        [resolver.name]: [RCODE.SERVFAIL, false],
      });
      edes[resolver.name] = failed.edns?.extendedErrors.map(({ code }) => code) ?? [];
      withCd[resolver.name] = (await resolver.ask(unsigned, TYPE.A, true)).rcode;
      const other = outcome(await resolver.ask(elsewhere, TYPE.SOA));
      expect({ [resolver.name]: other }).toEqual({ [resolver.name]: [RCODE.NOERROR, true] });
      expect(await delv(resolver, unsigned)).toMatch(/resolution failed|not installed/);
    }
    await end();
    if (isInstalled('tshark')) judge(pcap);
    const told: Record<ResolverName, readonly number[]> = {
      // The DS is bogus since the proofs are: it looks for keys and says that they are missing.
      unbound: [EDE.DNSKEY_MISSING],
      bind: [],
      knot: [EDE.DNSSEC_BOGUS],
      pdns: [],
    };
    for (const name of MEASURED) expect({ [name]: edes[name] }).toEqual({ [name]: told[name] });
    // PowerDNS 4.8 looks for a cut at the owner of each NSEC3 until it is too deep, and says SERVFAIL for that.
    const { pdns: _, ...others } = withCd;
    expect(Object.values(others).every((rcode) => rcode === RCODE.NOERROR)).toBe(true);
  });

  test.skipIf(!isInstalled('faketime') || !PRESENT.includes('unbound'))(
    'under faketime Unbound sees the incident on its own date',
    async () => {
      const { resolvers } = await resolversAt(INSIDE, ['unbound'], {});
      const [unbound] = resolvers;
      const soa = await unbound?.ask(elsewhere, TYPE.SOA);
      expect(soa?.authenticatedData).toBe(true);
      const inceptions = soa?.answer.flatMap(({ signatures }) => signatures) ?? [];
      const year = new Date((inceptions[0]?.inception ?? 0) * 1000).toISOString().slice(0, 7);
      expect(['2026-04', '2026-05']).toContain(year);
      expect((await unbound?.ask(unsigned))?.rcode).toBe(RCODE.SERVFAIL);
    },
  );
});

/** What BIND's validating client says of a name through this resolver; the servers answer meanwhile. */
async function delv({ port, keys }: Resolver, name: Name): Promise<string> {
  if (!isInstalled('delv')) return 'delv is not installed';
  const words = ['@127.0.0.1', '-p', `${port}`, '-a', keys, '+root=.', name.toString()];
  const child = spawn('delv', words, { timeout: 60_000 });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Uint8Array) => {
      told += text;
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  return told;
}

/** tshark finds fault with nothing of a capture. */
function judge(pcap: string): void {
  const opinions = tsharkOpinions(pcap);
  expect(opinions.filter(({ faults, protocol }) => faults !== '' || protocol !== 'dns')).toEqual(
    [],
  );
  expect(opinions.filter(({ isResponse }) => isResponse).length).toBeGreaterThan(20);
}
