/**
 * Pronounceable labels for the registered names that no catalogue lists: a bijection between the
 * numbers below 10^10 and words of four or five syllables, so that "is this label registered?" is
 * arithmetic. Words of four syllables sort like their codes, which is what an NSEC chain needs.
 */

const CONSONANTS = 'bcdfghjklmnpqrstvwxz';
const VOWELS = 'aeiou';
const SYLLABLES = 100;
/** Words of four syllables. */
export const SHORT_WORDS = 100_000_000;
const SHORT_LENGTH = 8;
/**
 * Up to this size the neighbours of a label are looked up in a list; above, words are tried one
 * after another.
 */
const LISTED_SIZE = 65_536;
/** Inverse of each other modulo SHORT_WORDS; times SHORT_WORDS both stay below 2^53. */
const SPREAD = 38_196_601;
const GATHER = 17_363_401;

/**
 * The word with this code, 0 to SHORT_WORDS - 1, four syllables; ascending codes are ascending
 * words.
 */
export function wordOf(code: number): string {
  let word = '';
  for (let left = code, i = 0; i < SHORT_LENGTH / 2; i++) {
    word = syllable(left % SYLLABLES) + word;
    left = Math.floor(left / SYLLABLES);
  }
  return word;
}

function syllable(number: number): string {
  return (CONSONANTS[Math.floor(number / 5)] as string) + (VOWELS[number % 5] as string);
}

/** The code of a word of syllables, or -1. */
function codeOf(word: string): number {
  let code = 0;
  for (let i = 0; i < word.length; i += 2) {
    const consonant = CONSONANTS.indexOf(word[i] as string);
    const vowel = VOWELS.indexOf(word[i + 1] ?? '?');
    if (consonant < 0 || vowel < 0) return -1;
    code = code * SYLLABLES + consonant * 5 + vowel;
  }
  return code;
}

/** The registered labels of one registry: `size` of them (at most 10^10), scattered by `offset`. */
export class LabelSet {
  readonly size: number;
  readonly #offset: number;
  #sorted: readonly string[] | undefined;

  constructor(size: number, offset: number) {
    this.size = size;
    this.#offset = offset % SHORT_WORDS;
    this.#sorted = undefined;
  }

  /** The label of an index from 0 to `size` - 1. */
  label(index: number): string {
    const long = Math.floor(index / SHORT_WORDS);
    const code = ((index % SHORT_WORDS) * SPREAD + this.#offset) % SHORT_WORDS;
    return wordOf(code) + (long === 0 ? '' : syllable(long - 1));
  }

  has(label: string): boolean {
    if (label.length !== SHORT_LENGTH && label.length !== SHORT_LENGTH + 2) return false;
    const code = codeOf(label.slice(0, SHORT_LENGTH));
    if (code < 0) return false;
    const long = label.length === SHORT_LENGTH ? 0 : codeOf(label.slice(SHORT_LENGTH)) + 1;
    if (long === 0 && label.length !== SHORT_LENGTH) return false;
    return long * SHORT_WORDS + this.#gather(code) < this.size;
  }

  /** The greatest label of four syllables below `label` in octet order, or undefined. */
  before(label: string): string | undefined {
    if (this.size <= LISTED_SIZE) return this.#list().findLast((other) => other < label);
    for (let code = lowerBound(label) - 1; code >= 0; code--) {
      if (this.#gather(code) < this.size) return wordOf(code);
    }
    return undefined;
  }

  /** The least label of four syllables above `label` in octet order, or undefined. */
  after(label: string): string | undefined {
    if (this.size <= LISTED_SIZE) return this.#list().find((other) => other > label);
    let code = lowerBound(label);
    if (code < SHORT_WORDS && wordOf(code) === label) code++;
    for (; code < SHORT_WORDS; code++) {
      if (this.#gather(code) < this.size) return wordOf(code);
    }
    return undefined;
  }

  #list(): readonly string[] {
    this.#sorted ??= Array.from({ length: this.size }, (_, i) => this.label(i)).sort();
    return this.#sorted;
  }

  #gather(code: number): number {
    return (((code + SHORT_WORDS - this.#offset) % SHORT_WORDS) * GATHER) % SHORT_WORDS;
  }
}

/** The least code whose word is not below `label`; SHORT_WORDS when there is none. */
function lowerBound(label: string): number {
  let low = 0;
  let high = SHORT_WORDS;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (wordOf(middle) < label) low = middle + 1;
    else high = middle;
  }
  return low;
}
