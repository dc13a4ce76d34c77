/** Signatures printed in RFCs, with the records and keys that they are about. For tests only. */

import { Name } from '../../name/name.ts';
import { DnsKey } from '../../rdata.ts';
import { ReceivedRrsig, RRset } from '../../rrset.ts';
import { TYPE } from '../../wire/iana.ts';

export interface SignatureVector {
  readonly source: string;
  readonly rrset: RRset;
  readonly rrsig: ReceivedRrsig;
  readonly key: DnsKey;
}

export function octets(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function dnskey(flags: number, algorithm: number, publicKey: string): DnsKey {
  return new DnsKey(join(Uint8Array.of(flags >> 8, flags, 3, algorithm), octets(publicKey)));
}

function mx(preference: number, exchange: string): Uint8Array {
  return join(Uint8Array.of(preference >> 8, preference), Name.parse(exchange).wire);
}

function epoch(text: string): number {
  const [, y, mo, d, h, mi, s] = /^(....)(..)(..)(..)(..)(..)$/.exec(text) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`) / 1000;
}

/** `rrsig` in the presentation format of RFC 4034 section 3.2, from the algorithm on. */
function vector(
  source: string,
  key: DnsKey,
  owner: string,
  type: number,
  rdata: readonly Uint8Array[],
  rrsig: string,
): SignatureVector {
  const [algorithm, labels, ttl, expiration, inception, keyTag, signer, ...signature] = rrsig
    .trim()
    .split(/\s+/);
  const received = new ReceivedRrsig(
    {
      typeCovered: type,
      algorithm: Number(algorithm),
      labels: Number(labels),
      originalTtl: Number(ttl),
      expiration: epoch(expiration as string),
      inception: epoch(inception as string),
      keyTag: Number(keyTag),
      signer: Name.parse(signer as string),
    },
    octets(signature.join('')),
  );
  const rrset = new RRset(Name.parse(owner), type, 300, rdata, [received]);
  return { source, rrset, rrsig: received, key };
}

/** The zone-signing key of the example zone of RFC 4035 (exponent 3). */
export const RFC4035_ZSK: DnsKey = dnskey(
  256,
  5,
  `AQOy1bZVvpPqhg4j7EJoM9rI3ZmyEx2OzDBVrZy/lvI5CQePxXHZS4i8dANH4DX3tbHol61ek8EFMcsGXxKciJFHyhl94C+N
   wILQdzsUlSFovBZsyl/NX6yEbtw/xN9ZNcrbYvgjjZ/UVPZIySFNsgEYvh0z2542lzMKR4Dh8uZffQ==`,
);

/** RFC 4034 section 5.4, whose digests are in RFC 4034 (SHA-1) and RFC 4509 (SHA-256). */
export const RFC4034_KEY: DnsKey = dnskey(
  256,
  5,
  `AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvx
   egXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==`,
);

export const RFC6605_P256: DnsKey = dnskey(
  257,
  13,
  'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
);

export const RFC6605_P384: DnsKey = dnskey(
  257,
  14,
  `xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBw
   Y8rp65F6Glur8I/mlVNgF6W/qTI37m40`,
);

const RFC5702_SHA256 = dnskey(
  256,
  8,
  'AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=',
);

const RFC5702_SHA512 = dnskey(
  256,
  10,
  `AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6r
   klMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL`,
);

export const RFC8080_ED25519: DnsKey = dnskey(
  257,
  15,
  'l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=',
);

export const RFC8080_ED448: DnsKey = dnskey(
  257,
  16,
  '3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA',
);

const EXAMPLE_NS = [Name.parse('ns1.example').wire, Name.parse('ns2.example').wire];

export const SIGNATURE_VECTORS: readonly SignatureVector[] = [
  vector(
    'RFC 4035 appendix B.6, the apex NS RRset',
    RFC4035_ZSK,
    'example',
    TYPE.NS,
    EXAMPLE_NS,
    `5 1 3600 20040509183619 20040409183619 38519 example.
     gl13F00f2U0R+SWiXXLHwsMY+qStYy5k6zfdEuivWc+wd1fmbNCyql0Tk7lHTX6UOxc8AgNf4ISFve8XqF4q+o9qlnqIzmpp
     U3LiNeKT4FZ8RO5urFOvoMRTbQxW3U0hXWuggE4g3ZpsHv480HjMeRaZB/FRPGfJPajngcq6Kwg=`,
  ),
  vector(
    'RFC 4035 appendix B.6, an expansion of *.w.example',
    RFC4035_ZSK,
    'a.z.w.example',
    TYPE.MX,
    [mx(1, 'ai.example')],
    `5 2 3600 20040509183619 20040409183619 38519 example.
     OMK8rAZlepfzLWW75Dxd63jy2wswESzxDKG2f9AMN1CytCd10cYISAxfAdvXSZ7xujKAtPbctvOQ2ofO7AZJ+d01EeeQTVBP
     q4/6KCWhqe2XTjnkVLNvvhnc0u28aoSsG0+4InvkkOHknKxw4kX18MMR34i8lC36SR5xBni8vHI=`,
  ),
  vector(
    'RFC 5702 section 6.1, RSA/SHA-256, 512 bits',
    RFC5702_SHA256,
    'www.example.net',
    TYPE.A,
    [Uint8Array.of(192, 0, 2, 91)],
    `8 3 3600 20300101000000 20000101000000 9033 example.net.
     kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==`,
  ),
  vector(
    'RFC 5702 section 6.2, RSA/SHA-512, 1024 bits',
    RFC5702_SHA512,
    'www.example.net',
    TYPE.A,
    [Uint8Array.of(192, 0, 2, 91)],
    `10 3 3600 20300101000000 20000101000000 3740 example.net.
     tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq
     +9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=`,
  ),
  vector(
    'RFC 6605 section 6.1, P-256',
    RFC6605_P256,
    'www.example.net',
    TYPE.A,
    [Uint8Array.of(192, 0, 2, 1)],
    `13 3 3600 20100909100439 20100812100439 55648 example.net.
     qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==`,
  ),
  vector(
    'RFC 6605 section 6.2, P-384',
    RFC6605_P384,
    'www.example.net',
    TYPE.A,
    [Uint8Array.of(192, 0, 2, 1)],
    `14 3 3600 20100909102025 20100812102025 10771 example.net.
     /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7
     wnqXL5bdcJzusdnI0RSMROxxwGipWcJm`,
  ),
  vector(
    'RFC 8080 section 6.1, Ed25519',
    RFC8080_ED25519,
    'example.com',
    TYPE.MX,
    [mx(10, 'mail.example.com')],
    `15 2 3600 20150819220000 20150729220000 3613 example.com.
     oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==`,
  ),
  vector(
    'RFC 8080 section 6.2, Ed448',
    RFC8080_ED448,
    'example.com',
    TYPE.MX,
    [mx(10, 'mail.example.com')],
    `16 2 3600 20150819220000 20150729220000 9713 example.com.
     3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FS
     vOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA`,
  ),
];
