import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Name } from '../../resolver-core/name/name.ts';
import { ReceivedRrsig } from '../../resolver-core/rrset.ts';
import { smallPlan } from '../testing/small-plan.ts';
import { Cells, type NameKind } from './cells.ts';
import { type NameSource, Questions } from './questions.ts';
import { SignatureTally } from './signatures.ts';
import { ValueCounts } from './values.ts';

describe('Cells', () => {
  it('numbers every zone, kind, one-off and flag apart, and describes each number again', () => {
    const plan = smallPlan();
    const cells = new Cells(plan);
    const seen = new Set<number>();
    for (const { apex: zone } of plan.zones) {
      for (const kind of ['signed', 'unsigned', 'missing'] as NameKind[]) {
        for (const oneOff of [false, true]) {
          for (let flags = 0; flags < 4; flags++) {
            const cell = cells.base(zone, kind, oneOff) + flags;
            seen.add(cell);
            const [dnssecOk, checkingDisabled] = [(flags & 1) !== 0, (flags & 2) !== 0];
            const expected = { zone, kind, oneOff, dnssecOk, checkingDisabled, colo: 'fra' };
            expect(cells.describe(cell, 'fra')).toMatchObject(expected);
          }
        }
      }
    }
    expect(seen.size).toBe(cells.count);
    expect(Math.max(...seen)).toBe(cells.count - 1);
    expect(() => cells.base('example', 'signed', false)).toThrow(RangeError);
  });
});

describe('ValueCounts', () => {
  it('keep three significant digits, rounded down, and every count', () => {
    const latency = fc.integer({ min: 0, max: 999_999_999 });
    fc.assert(
      fc.property(latency, fc.integer({ min: 1, max: 1000 }), (value, count) => {
        const counts = new ValueCounts(2);
        counts.add(1, value, count);
        const seen: [number, number][] = [];
        counts.each(0, (...pair) => seen.push(pair));
        expect(seen).toEqual([]);
        counts.each(1, (...pair) => seen.push(pair));
        const unit = 10 ** Math.max(0, String(value).length - 3);
        expect(seen).toEqual([[Math.floor(value / unit) * unit, count]]);
      }),
    );
  });
});

describe('Questions', () => {
  const plan = smallPlan();
  const cells = new Cells(plan);
  const source: NameSource = {
    hosts: [
      { name: Name.parse('a.de'), zone: 'de', kind: 'signed' },
      { name: Name.parse('b.com'), zone: 'com', kind: 'unsigned' },
    ],
    missing: [{ name: Name.parse('no.nl'), zone: 'nl', kind: 'missing' }],
    oneOff: (kind, a, b) => ({
      name: Name.parse(`${kind}-${a}-${b}.de`),
      zone: kind === 'junkTld' ? '.' : 'de',
      kind: 'missing',
    }),
  };
  const questions = new Questions(1, plan.traffic, source, cells);

  it('number hosts, then missing names, by type, each in its cell', () => {
    const types = plan.traffic.types.length;
    expect(questions.count).toBe(3 * types);
    expect(`${questions.question(types + 1).name}`).toBe('b.com.');
    expect(questions.question(types + 1).type).toBe(plan.traffic.types[1]?.type);
    expect(questions.cell[2 * types]).toBe(cells.base('nl', 'missing', false));
    expect(questions.question(2)).toBe(questions.question(2));
  });

  it('make names asked once from the lookup alone, in the mix of the plan', () => {
    const counts = new Map<string, number>();
    const n = 12_000;
    for (let ordinal = 0; ordinal < n; ordinal++) {
      const { question, cell } = questions.oneOff(9, ordinal, 0);
      const kind = question.name.firstLabel.split('-')[0] as string;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      expect(cell).toBe(cells.base(kind === 'junktld' ? '.' : 'de', 'missing', true));
    }
    const again = questions.oneOff(9, 77, 0).question.name;
    expect(questions.oneOff(9, 77, 0).question.name.equals(again)).toBe(true);
    const shares = { subdomain: 4 / 12, tail: 4 / 12, unregistered: 3 / 12, junktld: 1 / 12 };
    for (const [kind, share] of Object.entries(shares)) {
      const deviation = Math.abs((counts.get(kind) ?? 0) - n * share);
      expect(deviation).toBeLessThan(4 * Math.sqrt(n * share * (1 - share)));
    }
  });
});

describe('SignatureTally', () => {
  const rrsig = (keyTag: number, octet: number): ReceivedRrsig =>
    new ReceivedRrsig(
      {
        typeCovered: 1,
        algorithm: 8,
        labels: 1,
        originalTtl: 60,
        expiration: 2,
        inception: 1,
        keyTag,
        signer: Name.parse('de'),
      },
      Uint8Array.of(octet, 2, 3),
    );

  it('counts checks by zone and key tag, and a signature that fails again once', () => {
    const tally = new SignatureTally(() => undefined);
    tally.signatureChecked(rrsig(7, 1), false); // before the window
    tally.counting = true;
    const bad = rrsig(7, 1);
    for (const each of [bad, bad, rrsig(7, 1), rrsig(7, 9)]) tally.signatureChecked(each, false);
    tally.signatureChecked(rrsig(7, 5), true);
    tally.signatureChecked(rrsig(8, 5), true);
    const [seven, eight, other] = tally.result([
      { zone: 'de', keyTag: 8, made: ['x', 'y'] },
      { zone: 'nl', keyTag: 1, made: ['z'] },
    ]);
    expect(seven).toMatchObject({ zone: 'de', keyTag: 7, checked: 5, failed: 4, made: [] });
    expect(seven?.distinctFailed).toHaveLength(2);
    expect(eight).toMatchObject({ keyTag: 8, checked: 1, failed: 0, made: ['x', 'y'] });
    expect(other).toMatchObject({ zone: 'nl', keyTag: 1, checked: 0, made: ['z'] });
  });

  it('names signatures of this world by their identity', () => {
    const tally = new SignatureTally(() => 'same');
    tally.counting = true;
    tally.signatureChecked(rrsig(7, 1), false);
    tally.signatureChecked(rrsig(7, 2), false);
    expect(tally.result([])[0]?.distinctFailed).toEqual(['same']);
  });
});
