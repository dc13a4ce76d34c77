/**
 * The text form of override rules, one rule to a text:
 *
 *     phase = pre-cache set-tag rec_disable_static
 *     phase = pre-cache subtree = example type = A, AAAA colo = fra answer 300 A 192.0.2.1
 *     phase = validation subtree = de mark-insecure
 *
 *     rule   = "phase" "=" PHASE *match action
 *     match  = KEY "=" VALUE *( "," VALUE )
 *     KEY    = "name" / "subtree" / "type" / "colo" / "node" / "client-group" / "tag"
 *     action = "set-tag" TAG / "disable-app" APP / "bypass-cache" / "refuse" / "mark-insecure"
 *            / "answer" ( "nodata" / "nxdomain" / TTL TYPE RDATA )
 *
 * Each key stands once at most. Space around `=` and `,` does not count; in a name both are written as
 * escapes (RFC 1035 section 5.1). A TTL is in seconds or has units (`5m`).
 */

import { Name, NameError } from '../name/name.ts';
import { parseRdata } from '../text/presentation.ts';
import { parseSpan, parseUnsigned } from '../text/time.ts';
import { TYPE, typeName, typeNumber } from '../wire/iana.ts';
import { APP_TAGS, type App, PHASES, type Phase } from './phases.ts';
import { ACTIONS_OF, type Action, type FixedAnswer, type Match, type Rule } from './rules.ts';

/** Why a text is no rule. */
export interface RuleProblem {
  readonly kind: 'rule-problem';
  /** A sentence without position. */
  readonly message: string;
  /** Where the word at fault begins, from 1, in UTF-16 units; behind the end when something is missing. */
  readonly column: number;
  /** The word at fault; '' when one is missing. */
  readonly word: string;
  /** What could stand there, when that is a choice of words; else empty. */
  readonly expected: readonly string[];
}

const KEYS = ['name', 'subtree', 'type', 'colo', 'node', 'client-group', 'tag'] as const;
type Key = (typeof KEYS)[number];

const ACTION_WORDS = [
  ...['set-tag', 'disable-app', 'bypass-cache', 'answer', 'refuse', 'mark-insecure'],
] as readonly Action['kind'][];
const APPS = Object.keys(APP_TAGS) as readonly App[];
const ANY_WORD: readonly string[] = [];

interface Word {
  readonly text: string;
  /** Offset in the rule. */
  readonly at: number;
}

/** Values of a match, read but not yet put into their place. */
interface Values {
  readonly name: readonly Name[];
  readonly subtree: readonly Name[];
  readonly type: readonly number[];
  readonly colo: readonly string[];
  readonly node: readonly number[];
  readonly 'client-group': readonly string[];
  readonly tag: readonly string[];
}

/** Reads one rule. */
export function parseRule(text: string): Rule | RuleProblem {
  const parser = new RuleParser(text);
  return parser.rule() ?? (parser.problem as RuleProblem);
}

/** What is undefined here is so because `problem` says why. */
class RuleParser {
  readonly #text: string;
  readonly #words: readonly Word[];
  #next = 0;
  problem: RuleProblem | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#words = [...text.matchAll(/[=,]|(?:\\.|[^\s=,\\])+|\\/gs)].map((found) => ({
      text: found[0],
      at: found.index,
    }));
  }

  rule(): Rule | undefined {
    const phase = this.#phase();
    if (phase === undefined) return undefined;
    const match = this.#matches();
    if (match === undefined) return undefined;
    const begin = this.#word();
    const action = this.#action(phase);
    if (action === undefined) return undefined;
    const extra = this.#word();
    if (extra !== undefined) return this.#fail('unexpected text behind the rule', extra);
    if (action.kind === 'mark-insecure') {
      const { subtrees } = match;
      if (subtrees.length === 0) {
        return this.#fail('mark-insecure needs `subtree =`: the zones to mark', begin, ['subtree']);
      }
      const { names, types, clientGroups, tags } = match;
      if (names.length + types.length + clientGroups.length + tags.length > 0) {
        const message = 'a zone is marked for all queries: match by subtree, colo and node only';
        return this.#fail(message, begin);
      }
    }
    return { phase, match, action, text: this.#text };
  }

  #phase(): Phase | undefined {
    const key = this.#take();
    if (key?.text !== 'phase') return this.#fail('a rule begins with its phase', key, ['phase']);
    const equals = this.#take();
    if (equals?.text !== '=') return this.#fail('expected "=" behind phase', equals, ['=']);
    const word = this.#take();
    const phase = PHASES.find((each) => each === word?.text);
    return phase ?? this.#fail('not a phase', word, PHASES);
  }

  #matches(): Match | undefined {
    const seen: Partial<Values> = {};
    for (let key = this.#key(); key !== null; key = this.#key()) {
      if (key === undefined) return undefined;
      if (seen[key.text as Key] !== undefined) {
        return this.#fail('stands twice: list its values, separated by commas', key);
      }
      if (!this.#values(key.text as Key, seen)) return undefined;
    }
    return {
      names: seen.name ?? [],
      subtrees: seen.subtree ?? [],
      types: seen.type ?? [],
      colos: seen.colo ?? [],
      nodes: seen.node ?? [],
      clientGroups: seen['client-group'] ?? [],
      tags: seen.tag ?? [],
    };
  }

  /** The key of the next match, taken with its `=`; null when no match follows. */
  #key(): Word | null | undefined {
    const word = this.#word();
    if (word === undefined || this.#words[this.#next + 1]?.text !== '=') return null;
    if (!KEYS.some((each) => each === word.text)) {
      return this.#fail('nothing that can be matched', word, KEYS);
    }
    this.#next += 2;
    return word;
  }

  #values(key: Key, into: { -readonly [K in Key]?: Values[K] }): boolean {
    switch (key) {
      case 'name':
      case 'subtree': {
        const names = this.#list(readName, 'not a domain name');
        if (names !== undefined) into[key] = names;
        return names !== undefined;
      }
      case 'type': {
        const types = this.#list(typeNumber, 'not a type');
        if (types !== undefined) into.type = types;
        return types !== undefined;
      }
      case 'node': {
        const nodes = this.#list((text) => parseUnsigned(text, 0xffff), 'not the number of a node');
        if (nodes !== undefined) into.node = nodes;
        return nodes !== undefined;
      }
      case 'colo':
      case 'client-group':
      case 'tag': {
        const words = this.#list(readWord, `not the name of a ${key}`);
        if (words !== undefined) into[key] = words;
        return words !== undefined;
      }
    }
  }

  #list<T>(read: (text: string) => T | undefined, problem: string): readonly T[] | undefined {
    const out: T[] = [];
    do {
      const word = this.#take();
      const value = word === undefined ? undefined : read(word.text);
      if (value === undefined) return this.#fail(problem, word);
      out.push(value);
    } while (this.#takeIf(','));
    return out;
  }

  #action(phase: Phase): Action | undefined {
    const allowed = ACTIONS_OF[phase];
    const word = this.#take();
    const kind = ACTION_WORDS.find((each) => each === word?.text);
    if (kind === undefined) return this.#fail('not an action', word, allowed);
    if (!allowed.includes(kind)) return this.#fail(`no action of phase ${phase}`, word, allowed);
    switch (kind) {
      case 'bypass-cache':
      case 'refuse':
      case 'mark-insecure':
        return { kind };
      case 'set-tag': {
        const name = this.#take();
        const tag = name === undefined ? undefined : readWord(name.text);
        return tag === undefined ? this.#fail('not the name of a tag', name) : { kind, tag };
      }
      case 'disable-app': {
        const name = this.#take();
        const app = APPS.find((each) => each === name?.text);
        return app === undefined ? this.#fail('not an app', name, APPS) : { kind, app };
      }
      case 'answer': {
        const fixed = this.#fixedAnswer();
        return fixed === undefined ? undefined : { kind, with: fixed };
      }
    }
  }

  #fixedAnswer(): FixedAnswer | undefined {
    const first = this.#take();
    if (first?.text === 'nodata' || first?.text === 'nxdomain') return { kind: first.text };
    const ttl = first === undefined ? undefined : parseSpan(first.text);
    if (ttl === undefined || ttl > 0x7fff_ffff) {
      return this.#fail('neither nodata, nxdomain nor a TTL', first, ['nodata', 'nxdomain']);
    }
    const typeWord = this.#take();
    const type = typeWord === undefined ? undefined : typeNumber(typeWord.text);
    if (typeWord === undefined || type === undefined) return this.#fail('not a type', typeWord);
    if (type === TYPE.CNAME || type === TYPE.DNAME) {
      return this.#fail('aliases given by rules are not followed', typeWord);
    }
    const at = typeWord.at + typeWord.text.length;
    const rdata = parseRdata(type, this.#text.slice(at));
    if ('kind' in rdata) {
      const message = `RDATA of ${typeName(type)}: ${rdata.message}`;
      const column = rdata.token?.column;
      return this.#fail(message, column === undefined ? undefined : this.#wordAt(at + column - 1));
    }
    this.#next = this.#words.length;
    return { kind: 'records', type, ttl, rdata: [rdata] };
  }

  /** The word that goes on at an offset. */
  #wordAt(at: number): Word {
    return { text: /^\S*/.exec(this.#text.slice(at))?.[0] ?? '', at };
  }

  #word(): Word | undefined {
    return this.#words[this.#next];
  }

  #take(): Word | undefined {
    return this.#words[this.#next++];
  }

  #takeIf(text: string): boolean {
    if (this.#word()?.text !== text) return false;
    this.#next++;
    return true;
  }

  #fail(
    message: string,
    word: Word | undefined,
    expected: readonly string[] = ANY_WORD,
  ): undefined {
    const column = (word?.at ?? this.#text.length) + 1;
    const text = word?.text ?? '';
    this.problem = { kind: 'rule-problem', message, column, word: text, expected };
    return undefined;
  }
}

function readName(text: string): Name | undefined {
  try {
    return Name.parse(text);
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}

/** Names of tags, colos and client groups. */
function readWord(text: string): string | undefined {
  return /^[A-Za-z0-9][\w.-]*$/.test(text) ? text : undefined;
}
