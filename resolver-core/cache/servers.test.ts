import { describe, expect, it } from 'vitest';
import {
  MAX_SERVER_TIMEOUT,
  MAX_SERVERS,
  MIN_SERVER_TIMEOUT,
  SERVER_DOWN_TIME,
} from '../limits.ts';
import { TYPE } from '../wire/iana.ts';
import { ServerTable } from './servers.ts';

const INITIAL = 376_000;

describe('infrastructure cache', () => {
  it('has one object per address', () => {
    const table = new ServerTable(INITIAL);
    expect(table.intern('192.0.2.1', 4)).toBe(table.intern('192.0.2.1', 4));
    expect(table.intern('192.0.2.2', 4).index).toBe(1);
  });

  it('waits the initial timeout for a server never heard of', () => {
    const table = new ServerTable(INITIAL);
    expect(table.timeout(table.intern('192.0.2.1', 4))).toBe(INITIAL);
  });

  it('follows Jacobson: first sample R gives srtt R and timeout R + 4 R/2', () => {
    const table = new ServerTable(INITIAL);
    const server = table.intern('192.0.2.1', 4);
    table.answered(server, 40_000);
    expect(table.roundTrip(server)).toBe(40_000);
    expect(table.timeout(server)).toBe(120_000);
    table.answered(server, 80_000); // d = 40 ms: srtt 45 ms, rttvar 20 + (40-20)/4 = 25 ms
    expect(table.roundTrip(server)).toBe(45_000);
    expect(table.timeout(server)).toBe(145_000);
  });

  it('waits MIN_SERVER_TIMEOUT at least, however near the server is', () => {
    const table = new ServerTable(INITIAL);
    const server = table.intern('192.0.2.1', 4);
    table.answered(server, MIN_SERVER_TIMEOUT / 3); // srtt + 4 x srtt/2
    expect(table.timeout(server)).toBe(MIN_SERVER_TIMEOUT);
    const further = table.intern('192.0.2.2', 4);
    table.answered(further, MIN_SERVER_TIMEOUT / 3 + 1);
    expect(table.timeout(further)).toBe(MIN_SERVER_TIMEOUT + 3);
  });

  it('doubles the timeout with each timeout in a row and calls the server down at the maximum', () => {
    const table = new ServerTable(INITIAL);
    const server = table.intern('192.0.2.1', 4);
    table.timedOut(server, TYPE.A, 0, 10);
    expect(table.timeout(server)).toBe(2 * INITIAL);
    for (let i = 1; i < 4; i++) table.timedOut(server, TYPE.A, i * 10, i * 10 + 10);
    expect(table.isDown(server, 1)).toBe(false);
    table.timedOut(server, TYPE.A, 500, 1_000);
    expect(table.timeout(server)).toBe(MAX_SERVER_TIMEOUT);
    expect(table.isDown(server, 999 + SERVER_DOWN_TIME)).toBe(true);
    expect(table.isDown(server, 1_000 + SERVER_DOWN_TIME)).toBe(false);
  });

  it('takes the silence of queries that were under way together for one', () => {
    const table = new ServerTable(INITIAL);
    const server = table.intern('192.0.2.1', 4);
    for (let i = 0; i < 20; i++) table.timedOut(server, TYPE.A, i, INITIAL + i);
    expect(table.timeout(server)).toBe(2 * INITIAL);
    expect(table.isDown(server, INITIAL + 20)).toBe(false);
  });

  it('does not call a server down that is silent to questions for AAAA alone (RFC 4074 section 4.1)', () => {
    const table = new ServerTable(INITIAL);
    const server = table.intern('192.0.2.1', 4);
    for (let i = 0; i < 9; i++) table.timedOut(server, TYPE.AAAA, i * 10, i * 10 + 10);
    expect(table.timeout(server)).toBe(MAX_SERVER_TIMEOUT);
    expect(table.isDown(server, 100)).toBe(false);
    table.timedOut(server, TYPE.MX, 100, 110);
    expect(table.isDown(server, 110)).toBe(true);
  });

  it('forgives everything with the first answer', () => {
    const table = new ServerTable(INITIAL);
    const server = table.intern('192.0.2.1', 4);
    for (let i = 0; i < 6; i++) table.timedOut(server, TYPE.A, i, i + 1);
    table.answered(server, 30_000);
    expect(table.isDown(server, 1)).toBe(false);
    expect(table.timeout(server)).toBe(90_000);
  });

  it('holds no more addresses than it may, and forgets first those that nobody names', () => {
    const table = new ServerTable(INITIAL, 3);
    const first = table.intern('192.0.2.1', 4);
    table.intern('192.0.2.2', 4);
    table.intern('192.0.2.3', 4);
    expect(table.intern('192.0.2.1', 4)).toBe(first);
    table.intern('192.0.2.4', 4);
    expect(table.size).toBe(3);
    expect(table.intern('192.0.2.1', 4)).toBe(first);
    expect(table.intern('192.0.2.2', 4).index).toBe(4);
  });

  it('knows of a forgotten address what it knew, for those who still hold it', () => {
    const table = new ServerTable(INITIAL, 1);
    const held = table.intern('192.0.2.1', 4);
    table.answered(held, 40_000);
    table.answered(table.intern('192.0.2.2', 4), 10_000);
    expect(table.roundTrip(held)).toBe(40_000);
  });
});

it('holds MAX_SERVERS addresses', () => {
  const table = new ServerTable(INITIAL);
  for (let i = 0; i <= MAX_SERVERS; i++) {
    table.intern(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 4);
    if (i === MAX_SERVERS - 1) expect(table.size).toBe(MAX_SERVERS);
  }
  expect(table.size).toBe(MAX_SERVERS);
});
