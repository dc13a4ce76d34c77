/**
 * RDATA as scripts have it. Their authors' slips that Unbound's reader lets pass are let pass here:
 * words behind the last field, base64 without its padding or with a quote behind it, an RRSIG without a
 * signature (which then proves nothing).
 */

import {
  parseRdataTokens,
  type RdataContext,
  type RdataProblem,
} from '../../resolver-core/text/presentation.ts';
import type { Token } from '../../resolver-core/text/tokens.ts';
import { TYPE } from '../../resolver-core/wire/iana.ts';
import { layoutOf } from '../../resolver-core/wire/layout.ts';

/** Words of an RRSIG before its signature (RFC 4034 section 3.2). */
const RRSIG_WORDS = 8;

export function lenientRdata(
  type: number,
  tokens: readonly Token[],
  context: RdataContext,
): Uint8Array | RdataProblem {
  const strict = parseRdataTokens(type, tokens, context);
  if (strict instanceof Uint8Array) return strict;
  const fields = layoutOf(type)?.fields ?? [];
  const last = tokens.at(-1);
  if (last === undefined) return strict;
  if (type === TYPE.RRSIG && tokens.length === RRSIG_WORDS) {
    const signed = parseRdataTokens(type, [...tokens, { ...last, text: 'AA==' }], context);
    return signed instanceof Uint8Array ? signed.slice(0, -1) : signed;
  }
  if (fields.at(-1) === 'base64') {
    const words = tokens.slice(fields.length - 1).map((token) => token.text);
    const text = words.join('').replace(/[=']+$/, '');
    const padded = text + '='.repeat((4 - (text.length % 4)) % 4);
    const joined = [...tokens.slice(0, fields.length - 1), { ...last, text: padded }];
    return parseRdataTokens(type, joined, context);
  }
  return parseRdataTokens(type, tokens.slice(0, fields.length), context);
}
