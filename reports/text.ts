/**
 * Numbers, tables and sparklines as plain text. Widths are counted in characters: names in reports
 * are ASCII, and everything else is replaced by `printable`.
 *
 * Digits are grouped and rounded here, not by the machine's locale: the text must be the same everywhere.
 */

/** 1234567 as `1,234,567`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A fraction as a percentage with three significant digits or so: `0.04 %`, `2.13 %`, `62.1 %`. */
export function percent(fraction: number | null): string {
  if (fraction === null) return '-';
  const value = fraction * 100;
  return `${value.toFixed(value >= 9.995 ? 1 : 2)} %`;
}

export function decimal(value: number | null): string {
  return value === null ? '-' : value.toFixed(2);
}

/** The actual value of an expectation in the unit that its text speaks in. */
export function actualValue(text: string, actual: number | null): string {
  if (actual === null) return '-';
  if (text.includes(' percentage points')) return `${(actual * 100).toFixed(2)} pp`;
  return text.includes(' %') ? percent(actual) : decimal(actual);
}

/** Milliseconds with a precision that a reader can use. */
export function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}

/** Seconds in the two largest units that they have: `45s`, `12m 5s`, `6h`, `1d 3h`. */
export function duration(seconds: number): string {
  let rest = Math.floor(seconds);
  const parts: string[] = [];
  for (const [unit, length] of UNITS) {
    const many = Math.floor(rest / length);
    rest -= many * length;
    if (many > 0) parts.push(`${many}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** Control characters and what is not ASCII, as `\DDD`: a report must not be able to move the cursor. */
export function printable(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\${String(character.codePointAt(0)).padStart(3, '0')}`,
  );
}

/** Cut to `width` characters, the last of them dots where something is lost. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 2))}..`;
}

/** Broken at spaces into lines of at most `width` characters, save for words that are longer. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Rows of equal length; the first column is flush left, the others flush right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

const BLOCKS = '▁▂▃▄▅▆▇█';
const ASCII_BLOCKS = '_.:-=+*#';

/** A value between 0 and `top` per character; a gap where there is no value. */
export function sparkline(
  values: readonly (number | null)[],
  top: number,
  unicode: boolean,
): string {
  const levels = unicode ? BLOCKS : ASCII_BLOCKS;
  return values
    .map((value) => {
      if (value === null) return ' ';
      const share = top === 0 ? 0 : value / top;
      const level = Math.min(levels.length - 1, Math.floor(share * levels.length));
      return levels[Math.max(0, level)];
    })
    .join('');
}

/** Sums of at most `columns` runs of equal length (the last may be shorter). */
export function resample(
  values: readonly number[],
  columns: number,
): { step: number; sums: number[] } {
  const step = Math.max(1, Math.ceil(values.length / Math.max(1, columns)));
  const sums: number[] = [];
  values.forEach((value, index) => {
    const column = Math.floor(index / step);
    sums[column] = (sums[column] ?? 0) + value;
  });
  return { step, sums };
}
