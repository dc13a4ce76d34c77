import { describe, expect, it } from 'vitest';
import { MAX_NEGATIVE_ANCHOR_LIFETIME } from '../limits.ts';
import { Name } from '../name/name.ts';
import { HOUR, MINUTE, SECOND } from '../time.ts';
import { TYPE } from '../wire/iana.ts';
import {
  DEFAULT_NEGATIVE_ANCHOR,
  type NegativeAnchor,
  NegativeAnchors,
  recheckQuestion,
} from './nta.ts';

const DE = Name.parse('de');
const START = 1_000 * SECOND;

function anchor(over: Partial<NegativeAnchor> = {}): NegativeAnchor {
  return { zone: DE, ...DEFAULT_NEGATIVE_ANCHOR, ...over };
}

describe('RFC 7646 section 2: a negative trust anchor is temporary', () => {
  it('lives for an hour unless said otherwise', () => {
    const anchors = new NegativeAnchors();
    anchors.add(anchor({ recheck: null }), START);
    expect(anchors.dueAt).toBe(START + HOUR);
    expect(anchors.over(START + HOUR - 1)).toEqual([]);
    expect(anchors.over(START + HOUR)).toEqual([DE]);
  });

  it('lives no longer than a week', () => {
    const anchors = new NegativeAnchors();
    anchors.add(anchor({ lifetime: MAX_NEGATIVE_ANCHOR_LIFETIME }), START);
    const longer = anchor({ lifetime: MAX_NEGATIVE_ANCHOR_LIFETIME + 1 });
    expect(() => anchors.add(longer, START)).toThrow(RangeError);
    expect(() => anchors.add(anchor({ lifetime: 0 }), START)).toThrow(RangeError);
    expect(() => anchors.add(anchor({ recheck: 0 }), START)).toThrow(RangeError);
  });

  it('begins a new life when it is given again', () => {
    const anchors = new NegativeAnchors();
    anchors.add(anchor({ recheck: null }), START);
    anchors.add(anchor({ recheck: null, lifetime: 60 }), START + MINUTE);
    expect(anchors.dueAt).toBe(START + 2 * MINUTE);
    expect(anchors.all).toHaveLength(1);
  });

  it('is nothing that waits once it is lifted', () => {
    const anchors = new NegativeAnchors();
    anchors.add(anchor(), START);
    expect(anchors.remove(DE)).toBe(true);
    expect(anchors.remove(DE)).toBe(false);
    expect(anchors.dueAt).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('RFC 7646 section 2.1: whether it is still needed is checked again', () => {
  it('every five minutes unless said otherwise, counted', () => {
    const anchors = new NegativeAnchors();
    anchors.add(anchor(), START);
    expect(anchors.dueAt).toBe(START + 5 * MINUTE);
    expect(anchors.takeRechecks(START + 5 * MINUTE - 1)).toEqual([]);
    expect(anchors.takeRechecks(START + 5 * MINUTE)).toEqual([{ zone: DE, round: 0 }]);
    expect(anchors.takeRechecks(START + 5 * MINUTE)).toEqual([]);
    expect(anchors.takeRechecks(START + 11 * MINUTE)).toEqual([{ zone: DE, round: 1 }]);
    expect(anchors.dueAt).toBe(START + 16 * MINUTE);
  });

  it('never, if so wanted', () => {
    const anchors = new NegativeAnchors();
    anchors.add(anchor({ recheck: null }), START);
    expect(anchors.takeRechecks(START + HOUR)).toEqual([]);
  });

  it('by a question whose answer the zone itself signs', () => {
    expect(recheckQuestion(DE)).toEqual({ name: DE, type: TYPE.NSEC });
  });
});
