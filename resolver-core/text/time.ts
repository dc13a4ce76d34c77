/**
 * Times in master files: `YYYYMMDDHHmmSS` in UTC (RFC 4034 section 3.2) and spans with units
 * (`1w2d3h4m5s`, the common extension). Integers only: the core has no `Date`.
 */

const DAY_SECONDS = 86_400;
const MODULUS = 0x1_0000_0000;

/** Seconds since 1970 (below 2^32, so up to 2106) as `YYYYMMDDHHmmSS`. */
export function timeText(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  const rest = seconds - days * DAY_SECONDS;
  const { year, month, day } = civilFromDays(days);
  const fields = [month, day, Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
  return year.toString() + fields.map((field) => field.toString().padStart(2, '0')).join('');
}

/** `YYYYMMDDHHmmSS`, modulo 2^32, or plain seconds since 1970 below 2^32; undefined otherwise. */
export function parseTime(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return parseUnsigned(text, MODULUS - 1);
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return undefined;
  const days = daysFromCivil(year, month, day);
  const back = civilFromDays(days);
  if (back.year !== year || back.month !== month || back.day !== day) return undefined;
  return (days * DAY_SECONDS + hour * 3600 + minute * 60 + second) % MODULUS;
}

/** Seconds of `3600` or `1h30m`, below 2^32; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  const plain = parseUnsigned(text, MODULUS - 1);
  if (plain !== undefined) return plain;
  if (!/^(\d{1,10}[wdhms])+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.toLowerCase().matchAll(/(\d+)([wdhms])/g)) {
    total += Number(count) * (UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS] as number);
  }
  return total < MODULUS ? total : undefined;
}

const UNIT_SECONDS = { w: 7 * DAY_SECONDS, d: DAY_SECONDS, h: 3600, m: 60, s: 1 } as const;

/** A decimal number up to `maximum`. */
export function parseUnsigned(text: string, maximum: number): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= maximum ? value : undefined;
}

/** Days since 1970-01-01 of a date of the Gregorian calendar; years counted from March. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + dayOfEra + dayOfYear - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
