import { describe, expect, it } from 'vitest';
import { MAX_MINIMISE_COUNT, MINIMISE_ONE_LABEL } from '../limits.ts';
import { Name } from '../name/name.ts';
import { minimisedName } from './qname-min.ts';

describe('QNAME minimisation (RFC 9156 section 2.3)', () => {
  const full = Name.parse('a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.example.de');

  it('adds one label in each of the first MINIMISE_ONE_LABEL steps, and then more', () => {
    let known = 0;
    for (let step = 0; step < MINIMISE_ONE_LABEL; step++) {
      const name = minimisedName(full, known, step);
      expect(name.labelCount).toBe(known + 1);
      known = name.labelCount;
    }
    expect(minimisedName(full, known, MINIMISE_ONE_LABEL).labelCount).toBeGreaterThan(known + 1);
  });

  it('reaches the full name in at most ten steps', () => {
    let known = 0;
    let steps = 0;
    while (known < full.labelCount) {
      known = minimisedName(full, known, steps).labelCount;
      steps++;
    }
    expect(steps).toBeLessThanOrEqual(MAX_MINIMISE_COUNT);
  });

  it('asks the full name at once when one label is left, with the same object', () => {
    const name = Name.parse('www.example.de');
    expect(minimisedName(name, 2, 0)).toBe(name);
    expect(minimisedName(name, 3, 0)).toBe(name);
  });

  it('never asks for an underscore label alone', () => {
    const name = Name.parse('_443._tcp.www.example.de');
    expect(minimisedName(name, 3, 0)).toBe(name);
    expect(minimisedName(name, 2, 0).toString()).toBe('www.example.de.');
  });
});
