import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { ctlCommand } from './ctl.ts';
import { EnvironmentError, UsageError } from './exit-codes.ts';
import { type LiveCommandOptions, liveCommand } from './live.ts';

const EXECUTABLE = fileURLToPath(new URL('../zonequake.mjs', import.meta.url));

const PLAIN: LiveCommandOptions = {
  ...{ at: undefined, speed: 1, variant: undefined, cache: undefined, colos: undefined },
  ...{ nodes: undefined, scale: 0.05, listen: undefined, beyondLoopback: false },
  loseBogusCause: undefined,
};

describe('live', () => {
  test.each<[over: Partial<LiveCommandOptions>, words: string]>([
    [{ variant: 'nothing-don' }, 'did you mean "nothing-done"?'],
    [{ cache: 'forward' }, 'did you mean "forwarded"?'],
    [{ colos: 7 }, 'de-rollover-2026 has 2 colos, not 7'],
    [{ at: '2027-01-01T00:00Z' }, "lies outside the scenario's window"],
    [{ listen: '0.0.0.0:5300' }, '0.0.0.0 is not loopback; add --beyond-loopback'],
    [{ listen: 'here' }, '--listen "here" is no address'],
    [{ listen: ':70000' }, 'is no address'],
  ])('refuses %j', async (over, words) => {
    const refused = liveCommand('de-rollover-2026', { ...PLAIN, ...over });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(words);
  });

  test('a port that is taken ends it with 3, and is told with its address', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '127.53.0.9', resolve));
    const { port } = taken.address();
    const words = [EXECUTABLE, 'live', 'de-rollover-2026', '--listen', `127.53.0.9:${port}`];
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, words, (error, _, stderr) => {
        resolve({ code: error?.code, stderr });
      });
    });
    taken.close();
    expect(code).toBe(3);
    expect(stderr).toContain(`cannot listen on 127.53.0.9:${port}: another program has this port`);
  }, 60_000);
});

describe('ctl', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.close();
  });

  async function answering(status: number, text: string): Promise<string> {
    const opened = createServer((_, response) => response.writeHead(status).end(text));
    server = opened;
    await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(opened.address() as AddressInfo).port}`;
  }

  const TIME = { path: '/', body: null };

  test('tells what the cluster says of itself', async () => {
    const status = {
      ...{ scenario: 's', variant: 'v', clock: '2026-05-05T21:00:00Z', speed: 2, mitigations: [] },
      nodes: [{ node: 'fra/0', address: '127.53.1.11:5300' }],
    };
    expect(await ctlCommand(await answering(200, JSON.stringify(status)), TIME)).toBe(
      's, variant v; clock 2026-05-05T21:00:00Z, speed 2\nmitigations none\nnode fra/0 127.53.1.11:5300\n',
    );
  });

  test('what the cluster refuses is wrong usage, in its words', async () => {
    const refused = ctlCommand(await answering(400, '{"error":"no node"}'), TIME);
    await expect(refused).rejects.toEqual(new UsageError('no node'));
  });

  test.each([
    [200, '<!DOCTYPE html>'],
    [200, '{}'],
    [200, 'null'],
    [200, '7'],
    [404, 'no such page'],
  ])('another program that answers, with %d %s, is no live cluster', async (status, text) => {
    const control = await answering(status, text);
    const refused = ctlCommand(control, TIME);
    await expect(refused).rejects.toEqual(
      new EnvironmentError(`what answers at ${control} is no live cluster`),
    );
  });

  test('a cluster that ends in the middle of its answer answers nothing', async () => {
    const opened = createServer((_, response) => {
      response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy());
    });
    server = opened;
    await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
    const { port } = opened.address() as AddressInfo;
    await expect(ctlCommand(`http://127.0.0.1:${port}`, TIME)).rejects.toThrow(EnvironmentError);
  });

  test('without a cluster there is nobody to ask', async () => {
    await expect(ctlCommand('http://127.53.0.8:1', TIME)).rejects.toThrow(EnvironmentError);
    await expect(ctlCommand('here', TIME)).rejects.toThrow('--control "here" is no URL');
  });
});
