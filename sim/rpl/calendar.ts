/** Instants as C's `ctime` writes them in UTC, as files of trust anchors have them: `Mon Aug 24 07:46:40 2009`. */

import { timeText } from '../../resolver-core/text/time.ts';

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

/** `seconds` since 1970-01-01, a Thursday. */
export function calendarText(seconds: number): string {
  const text = timeText(seconds);
  const day = DAYS[Math.floor(seconds / 86_400) % 7];
  const month = MONTHS[Number(text.slice(4, 6)) - 1];
  const dayOfMonth = String(Number(text.slice(6, 8))).padStart(2, ' ');
  const time = [text.slice(8, 10), text.slice(10, 12), text.slice(12, 14)].join(':');
  return `${day} ${month} ${dayOfMonth} ${time} ${text.slice(0, 4)}`;
}
