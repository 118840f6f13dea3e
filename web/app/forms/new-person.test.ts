import { expect, test } from 'vitest';
import { newPersonFaults } from './new-person.ts';

test('each field says for itself what is wrong with it', () => {
  const faults = newPersonFaults({ name: '', email: 'ada@', password: 'short' });
  expect(Object.keys(faults)).toEqual(['name', 'email', 'password']);
  expect(faults.password).toContain('at least 10 characters');
});

test('what is filled in well has no faults', () => {
  expect(newPersonFaults({ name: 'Ada', email: 'ada@example.com', password: 'a good long one' })).toEqual({});
});
