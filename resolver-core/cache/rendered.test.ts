import { expect, it } from 'vitest';
import { type Form, RenderedAnswers } from './rendered.ts';

const form = (length: number): Form => ({
  octets: new Uint8Array(length),
  ttls: Uint16Array.of(40),
  optAt: length - 11,
});

it('keeps forms with and without DNSSEC records apart, and drops both with their slot', () => {
  const rendered = new RenderedAnswers(4, 10_000);
  const [plain, signed] = [form(60), form(200)];
  rendered.put(1, false, plain, 5);
  rendered.put(1, true, signed, 5);
  expect([rendered.get(1, false), rendered.get(1, true)]).toEqual([plain, signed]);
  expect([rendered.get(0, true), rendered.get(2, false)]).toEqual([undefined, undefined]);
  rendered.dropped(1);
  expect([rendered.get(1, false), rendered.get(1, true)]).toEqual([undefined, undefined]);
  expect(rendered.octets).toBe(0);
});

it('never holds more than its bound, and takes in what is new', () => {
  const rendered = new RenderedAnswers(64, 10_000);
  for (let i = 0; i < 1_000; i++) {
    const made = form(100 + ((i * 37) % 400));
    const [slot, dnssec] = [(i * 7) % 64, i % 2 === 0];
    rendered.dropped(slot);
    rendered.put(slot, dnssec, made, 5);
    expect(rendered.octets).toBeLessThanOrEqual(10_000);
    expect(rendered.get(slot, dnssec)).toBe(made);
  }
  expect(rendered.octets).toBeGreaterThan(8_000);
  rendered.dropped(3);
  rendered.put(3, true, form(9_990), 5);
  expect(rendered.get(3, true)).toBeUndefined();
});

it('holds nothing after all is cleared', () => {
  const rendered = new RenderedAnswers(2, 10_000);
  rendered.put(0, true, form(50), 5);
  rendered.cleared();
  expect([rendered.octets, rendered.get(0, true)]).toEqual([0, undefined]);
});
