import { expect, test } from 'vitest';
import { emptyState, withOwnKeysAlone } from './state.ts';

test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
  'no table has %s, new or read from a file',
  (id) => {
    for (const state of [emptyState(), withOwnKeysAlone(JSON.parse(JSON.stringify(emptyState())))]) {
      for (const table of [state.paymentMethods, state.customers, state.idempotentAnswers]) {
        expect(table[id]).toBeUndefined();
      }
    }
  },
);
