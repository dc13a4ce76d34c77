import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLoopback, loopbackOf, placeOf } from './addresses.ts';

describe('loopback addresses of servers', () => {
  test('lead back to the place that they stand for', () => {
    fc.assert(
      fc.property(fc.nat(16_383), fc.option(fc.nat(253)), (server, site) => {
        const address = loopbackOf({ server, site });
        expect(isLoopback(address)).toBe(true);
        expect(placeOf(address)).toEqual({ server, site });
      }),
    );
  });

  test.each([
    [16_384, 0],
    [0, 254],
    [-1, 0],
    [0, -1],
  ])('there is none for site %i of server %i', (server, site) => {
    expect(() => loopbackOf({ server, site })).toThrow(RangeError);
  });

  test.each(['127.0.0.1', '127.63.0.1', '127.128.0.1', '127.64.0.0', '192.0.2.1', '::1', 'x'])(
    '%s stands for no server',
    (address) => {
      expect(placeOf(address)).toBeUndefined();
    },
  );

  test.each([
    ['127.0.0.1', true],
    ['127.255.255.254', true],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.0.2.1', false],
    ['localhost', false],
  ])('%s is loopback: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});
