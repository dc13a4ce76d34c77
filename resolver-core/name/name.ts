/**
 * Domain names (RFC 1035 section 3.1, RFC 4343).
 *
 * A `Name` holds the lower-cased wire form without the final root label as a string of bytes (one
 * character per byte, 0 to 255): the *key*. Two names are equal exactly when their keys are equal,
 * and a key can index any `Map`. Length bytes stay in the key, so a label that contains a dot can
 * never be mistaken for two labels. Text in master-file notation exists only at the edges
 * (`Name.parse`, `toString`).
 *
 * Limitations: the case in which a name was written is not kept; the rim that echoes a question
 * keeps the octets of that question itself.
 */

import { finishHash, HASH_BASIS, hashWith } from './hash.ts';

/** RFC 1035 section 2.3.4. */
export const MAX_NAME_OCTETS = 255;
/** RFC 1035 section 2.3.4. */
export const MAX_LABEL_OCTETS = 63;

/** A name that breaks RFC 1035 section 2.3.4, or text that is not in master-file notation. */
export class NameError extends Error {
  override readonly name = 'NameError';
  readonly code: 'label-too-long' | 'name-too-long' | 'empty-label' | 'bad-escape' | 'truncated';
  constructor(code: NameError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export class Name {
  /** Lower-cased wire form without the final zero octet, one character per octet; '' is the root. */
  readonly key: string;
  /** Number of labels, the root label not counted (RFC 4034 section 3.1.3 counts likewise, but leaves out a leading `*`). */
  readonly labelCount: number;
  #parent: Name | undefined;
  #wildcard: Name | undefined;
  #wire: Uint8Array | undefined;
  /** 0 until it is asked for. */
  #hash: number;
  /** Scratch for hashes of this name that cost more than a lookup (NSEC3); owned by `crypto/nsec3-hash.ts`. */
  hashMemo: { readonly params: object; readonly hash: Uint8Array } | undefined;

  private constructor(key: string, labelCount: number, parent: Name | undefined) {
    this.key = key;
    this.labelCount = labelCount;
    this.#parent = parent;
    this.#wildcard = undefined;
    this.#hash = 0;
    this.hashMemo = undefined;
  }

  static readonly root: Name = new Name('', 0, undefined);

  /** From a key made by another `Name`; the caller vouches that it is well formed and in lower case. */
  static fromKey(key: string): Name {
    if (key.length === 0) return Name.root;
    let labels = 0;
    for (let i = 0; i < key.length; i += key.charCodeAt(i) + 1) labels++;
    return new Name(key, labels, undefined);
  }

  /** From the uncompressed wire form at `offset`; the name must end with the root label inside the buffer. */
  static fromWire(bytes: Uint8Array, offset = 0): Name {
    let key = '';
    let labels = 0;
    let at = offset;
    for (;;) {
      const length = bytes[at];
      if (length === undefined) throw new NameError('truncated', 'name runs past its buffer');
      if (length === 0) break;
      if (length > MAX_LABEL_OCTETS)
        throw new NameError('label-too-long', `label of ${length} octets`);
      if (at + length >= bytes.length)
        throw new NameError('truncated', 'label runs past its buffer');
      for (let i = at; i <= at + length; i++) {
        key += String.fromCharCode(lower(bytes[i] as number, i !== at));
      }
      labels++;
      at += length + 1;
      if (at - offset + 1 > MAX_NAME_OCTETS)
        throw new NameError('name-too-long', 'name of more than 255 octets');
    }
    return labels === 0 ? Name.root : new Name(key, labels, undefined);
  }

  /** From master-file text (RFC 1035 section 5.1, escapes `\.` and `\046`); relative text is taken as absolute. */
  static parse(text: string): Name {
    if (text === '.' || text === '') return Name.root;
    let key = '';
    let label = '';
    let labels = 0;
    const close = (): void => {
      if (label.length === 0) throw new NameError('empty-label', `empty label in "${text}"`);
      if (label.length > MAX_LABEL_OCTETS)
        throw new NameError(
          'label-too-long',
          `label of ${label.length} octets, at most ${MAX_LABEL_OCTETS}`,
        );
      key += String.fromCharCode(label.length) + label;
      labels++;
      label = '';
    };
    let i = 0;
    while (i < text.length) {
      const c = text.charCodeAt(i);
      if (c === 0x2e) {
        close();
        i++;
      } else if (c === 0x5c) {
        const digits = text.slice(i + 1, i + 4);
        if (/^\d{3}$/.test(digits)) {
          const value = Number(digits);
          if (value > 255)
            throw new NameError('bad-escape', `escape \\${digits} is above 255 in "${text}"`);
          label += String.fromCharCode(lower(value, true));
          i += 4;
        } else if (i + 1 < text.length && text.charCodeAt(i + 1) <= 0xff) {
          label += String.fromCharCode(lower(text.charCodeAt(i + 1), true));
          i += 2;
        } else {
          throw new NameError('bad-escape', `incomplete escape in "${text}"`);
        }
      } else if (c > 0x7e || c < 0x21) {
        throw new NameError(
          'bad-escape',
          `character U+${c.toString(16).padStart(4, '0')} must be written as an escape or in its A-label form`,
        );
      } else {
        label += String.fromCharCode(lower(c, true));
        i++;
      }
    }
    if (label.length > 0) close();
    if (key.length + 1 > MAX_NAME_OCTETS)
      throw new NameError(
        'name-too-long',
        `name of ${key.length + 1} octets, at most ${MAX_NAME_OCTETS}`,
      );
    return new Name(key, labels, undefined);
  }

  get isRoot(): boolean {
    return this.labelCount === 0;
  }

  /** The name without its first label; the root is its own parent. */
  get parent(): Name {
    if (this.#parent !== undefined) return this.#parent;
    if (this.labelCount <= 1) {
      this.#parent = Name.root;
    } else {
      this.#parent = new Name(
        this.key.slice(this.key.charCodeAt(0) + 1),
        this.labelCount - 1,
        undefined,
      );
    }
    return this.#parent;
  }

  /** The first label as a string of octets, without its length; '' for the root. */
  get firstLabel(): string {
    return this.key.slice(1, 1 + (this.key.length === 0 ? 0 : this.key.charCodeAt(0)));
  }

  get isWildcard(): boolean {
    return this.key.charCodeAt(0) === 1 && this.key.charCodeAt(1) === 0x2a;
  }

  /** Uncompressed wire form in lower case, with the final root label. Shared: do not write into it. */
  get wire(): Uint8Array {
    if (this.#wire === undefined) {
      const wire = new Uint8Array(this.key.length + 1);
      for (let i = 0; i < this.key.length; i++) wire[i] = this.key.charCodeAt(i);
      this.#wire = wire;
    }
    return this.#wire;
  }

  /** 32 bits that spread names over tables (`hash.ts`); never 0. */
  get hash(): number {
    if (this.#hash === 0) this.#hash = hashOf(this.key);
    return this.#hash;
  }

  /** `label` (octets, any case) below this name. */
  child(label: string): Name {
    if (label.length === 0) throw new NameError('empty-label', 'empty label');
    if (label.length > MAX_LABEL_OCTETS)
      throw new NameError('label-too-long', `label of ${label.length} octets`);
    const key = String.fromCharCode(label.length) + lowerText(label) + this.key;
    if (key.length + 1 > MAX_NAME_OCTETS)
      throw new NameError('name-too-long', 'name of more than 255 octets');
    return new Name(key, this.labelCount + 1, this);
  }

  /** The source of synthesis below this name (RFC 4592 section 3.3.1): `*` in front of it. */
  get wildcard(): Name {
    this.#wildcard ??= this.child('*');
    return this.#wildcard;
  }

  equals(other: Name): boolean {
    return this === other || this.key === other.key;
  }

  /** The ancestor (or self) that has `labelCount` labels. */
  ancestor(labelCount: number): Name {
    let name: Name = this;
    while (name.labelCount > labelCount) name = name.parent;
    return name;
  }

  /** True when this name is `other` or lies below it. */
  isAtOrBelow(other: Name): boolean {
    return this.labelCount >= other.labelCount && this.ancestor(other.labelCount).key === other.key;
  }

  isBelow(other: Name): boolean {
    return this.labelCount > other.labelCount && this.isAtOrBelow(other);
  }

  /** Labels from left to right as strings of octets. */
  labels(): string[] {
    const out: string[] = [];
    for (let i = 0; i < this.key.length; ) {
      const length = this.key.charCodeAt(i);
      out.push(this.key.slice(i + 1, i + 1 + length));
      i += length + 1;
    }
    return out;
  }

  /** Master-file notation, always absolute. */
  toString(): string {
    if (this.labelCount === 0) return '.';
    let out = '';
    for (const label of this.labels()) {
      for (let i = 0; i < label.length; i++) {
        const c = label.charCodeAt(i);
        if (c === 0x2e || c === 0x5c || c === 0x22 || c === 0x28 || c === 0x29 || c === 0x3b) {
          out += `\\${String.fromCharCode(c)}`;
        } else if (c === 0x40 || c === 0x24) {
          out += `\\${String.fromCharCode(c)}`;
        } else if (c < 0x21 || c > 0x7e) {
          out += `\\${c.toString().padStart(3, '0')}`;
        } else {
          out += String.fromCharCode(c);
        }
      }
      out += '.';
    }
    return out;
  }
}

/** ASCII case folding only (RFC 4343); length octets are never folded. */
function lower(octet: number, isData: boolean): number {
  return isData && octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
}

function lowerText(label: string): string {
  for (let i = 0; i < label.length; i++) {
    const c = label.charCodeAt(i);
    if (c >= 0x41 && c <= 0x5a) {
      let out = '';
      for (let j = 0; j < label.length; j++)
        out += String.fromCharCode(lower(label.charCodeAt(j), true));
      return out;
    }
  }
  return label;
}

function hashOf(key: string): number {
  let hash = HASH_BASIS;
  for (let i = 0; i < key.length; i++) hash = hashWith(hash, key.charCodeAt(i));
  return finishHash(hash);
}
