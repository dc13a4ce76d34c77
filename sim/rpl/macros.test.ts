// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the expressions of scripts
import { expect, test } from 'vitest';
import { SECOND } from '../../resolver-core/time.ts';
import { expand } from './macros.ts';

const WORLD = {
  clock: 1_251_100_000 * SECOND,
  timeout: 5000,
  variables: new Map([
    ['t0', '100'],
    ['t1', '20'],
  ]),
};

test.each([
  ['plain text', 'plain text'],
  ['${time}', '1251100000'],
  ['at ${$t0 + $t1 * 2}.', 'at 240.'], // from left to right
  ['${30*24*3600}', '2592000'],
  ['${ctime ${time}}', 'Mon Aug 24 07:46:40 2009'],
  ['${ctime $t0 + $t1}', 'Thu Jan  1 00:02:00 1970'],
  ['${range 4800 ${timeout} 5400}', '5000'],
  ['${range 1 ${timeout} 2}', null],
  ['$nobody', null],
  ['${1 +', null],
  ['${1 + x}', null],
])('%j', (text, expected) => {
  expect(expand(text, WORLD)).toBe(expected);
});
