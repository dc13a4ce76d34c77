/**
 * Instants as ISO 8601 text in UTC, by integer arithmetic on the proleptic Gregorian calendar
 * (ISO 8601 section 5.4, RFC 3339). It never reads the machine's clock or time zone.
 *
 * Limitations: whole seconds; years 0 to 9999.
 */

const SECONDS_PER_DAY = 86_400;
/** Days from 0000-03-01 to 1970-01-01. */
const DAYS_BEFORE_1970 = 719_468;
const DAYS_PER_ERA = 146_097;

/** Seconds since 1970-01-01T00:00:00Z as `2023-10-04T07:00:00Z`. */
export function formatInstant(epochSeconds: number): string {
  const days = Math.floor(epochSeconds / SECONDS_PER_DAY);
  const second = epochSeconds - days * SECONDS_PER_DAY;
  // Years are counted from 1 March, so that a leap day is the last day of its year.
  const shifted = days + DAYS_BEFORE_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (DAYS_PER_ERA - 1))) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  const hour = Math.floor(second / 3_600);
  const minute = Math.floor(second / 60) % 60;
  return `${date}T${digits(hour, 2)}:${digits(minute, 2)}:${digits(second % 60, 2)}Z`;
}

function digits(value: number, width: number): string {
  return value.toString().padStart(width, '0');
}
