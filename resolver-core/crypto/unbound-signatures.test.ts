/**
 * Signatures that others made: those of Unbound's replay scripts (RSA of 512 bits and more with SHA-1
 * and SHA-2, DSA in both forms). Read here with a few lines of our own, not with what the project
 * makes of scripts, so that a fault of the one does not hide one of the other.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { dnsKeysOf } from '../rdata.ts';
import type { RRset } from '../rrset.ts';
import { readZone } from '../text/zonefile.ts';
import { ALGORITHM, TYPE } from '../wire/iana.ts';
import { readDsaSignature } from './dsa.ts';
import { verifySignature } from './verify.ts';

const ARCHIVE = join(
  process.env.ZONEQUAKE_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)),
  'rpl/unbound-rpl.tar.gz',
);

function archive(): Buffer | undefined {
  try {
    return gunzipSync(readFileSync(ARCHIVE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Name and text of each script in the archive (POSIX ustar: blocks of 512 octets). */
function* scripts(tar: Buffer): Generator<readonly [string, string]> {
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const field = (from: number, to: number): string =>
      tar.toString('latin1', at + from, at + to).replace(/[\0 ].*$/s, '');
    const name = field(0, 100);
    const size = Number.parseInt(field(124, 136), 8);
    const start = at + 512;
    if (name.endsWith('.rpl')) yield [name, tar.toString('latin1', start, start + size)];
    at = start + Math.ceil(size / 512) * 512;
  }
}

/** The RRsets of each section of a script's messages that is plain zone text. */
function sectionsOf(text: string): RRset[] {
  const parts = text.split(/^\s*(?:SECTION|ENTRY_|RANGE_|STEP).*$/m);
  return parts.flatMap((part) => {
    if (!part.includes('RRSIG') && !part.includes('DNSKEY')) return [];
    const zone = readZone(`$TTL 3600\n${part}`);
    return zone.ok ? zone.rrsets : [];
  });
}

/** `algorithm` -> [signatures whose key is in the same script, those that verify]. */
type Tally = Map<string, [number, number]>;

function count(tar: Buffer): Tally {
  const tally: Tally = new Map();
  for (const [, text] of scripts(tar)) {
    const rrsets = sectionsOf(text);
    const keys = rrsets
      .filter((rrset) => rrset.type === TYPE.DNSKEY)
      .flatMap((rrset) => dnsKeysOf(rrset).map((key) => ({ zone: rrset.name, key })));
    for (const rrset of rrsets) {
      for (const rrsig of rrset.signatures) {
        const candidates = keys.filter(
          ({ zone, key }) =>
            key.keyTag === rrsig.keyTag &&
            key.algorithm === rrsig.algorithm &&
            zone.equals(rrsig.signer),
        );
        if (candidates.length === 0) continue;
        const isDer = rrsig.algorithm === ALGORITHM.DSA && rrsig.signature[0] === 0x30;
        const kind = `${rrsig.algorithm}${isDer ? ' DER' : ''}`;
        const [all, good] = tally.get(kind) ?? [0, 0];
        const verifies = candidates.some(({ key }) => verifySignature(rrset, rrsig, key));
        tally.set(kind, [all + 1, good + (verifies ? 1 : 0)]);
      }
    }
  }
  return tally;
}

const tar = archive();

describe.skipIf(tar === undefined)(
  `signatures of ${tar === undefined ? 'absent data' : 'the replay scripts'}`,
  () => {
    it('verify, but for the few that scripts broke on purpose', () => {
      const tally = count(tar as Buffer);
      // A dozen scripts are about bad signatures: a fiftieth is more than they have.
      for (const [all, good] of tally.values()) expect(good / all).toBeGreaterThan(0.98);
      expect([...tally.keys()].sort()).toEqual(['3', '3 DER', '5', '7', '8']);
      const total = [...tally.values()].reduce((sum, [all]) => sum + all, 0);
      expect(total).toBeGreaterThan(2000);
    });

    it('R and S of every DER signature are found', () => {
      let seen = 0;
      for (const [, text] of scripts(tar as Buffer)) {
        for (const { signatures } of sectionsOf(text)) {
          for (const { algorithm, signature } of signatures) {
            if (algorithm !== ALGORITHM.DSA || signature[0] !== 0x30) continue;
            seen++;
            expect(readDsaSignature(signature)).toHaveLength(40);
          }
        }
      }
      expect(seen).toBeGreaterThan(0);
    });
  },
);
