import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_MESSAGE_OCTETS } from '../../resolver-core/limits.ts';
import { Framing, framed } from './framing.ts';

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

describe('framing (RFC 7766 section 8)', () => {
  test('gives out the messages of a stream however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 20 }),
        (messages, cuts) => {
          const stream = joined(messages.map(framed));
          const framing = new Framing();
          const out: Uint8Array[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const length = cuts[i % cuts.length] as number;
            framing.push(stream.subarray(at, at + length));
            at += length;
            for (let next = framing.next(); next !== null; next = framing.next()) out.push(next);
          }
          expect(out.map((octets) => [...octets])).toEqual(messages.map((octets) => [...octets]));
          expect(framing.buffered).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('the largest message, octet by octet, is given out once and whole', () => {
    const framing = new Framing();
    const stream = framed(new Uint8Array(MAX_MESSAGE_OCTETS).fill(7));
    for (let at = 0; at < stream.length - 1; at++) framing.push(stream.subarray(at, at + 1));
    expect(framing.next()).toBeNull();
    framing.push(stream.subarray(-1));
    expect(framing.next()?.length).toBe(MAX_MESSAGE_OCTETS);
    expect(framing.next()).toBeNull();
  });
});
