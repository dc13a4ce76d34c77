import { describe } from 'vitest';
import { AnswerTable } from './table.ts';
import { sharedTableContract } from './testing/shared-table-contract.ts';

describe('one object', () => {
  sharedTableContract((answers) => {
    const table = new AnswerTable(answers, 2);
    return [table, table];
  });
});
