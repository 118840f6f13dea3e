import { Command } from 'commander';
import { expect, test } from 'vitest';
import { textArgument } from './text-argument.ts';

function reasonOf(...argv: string[]): unknown {
  const command = new Command('grant').requiredOption('--reason <text>', 'why', textArgument('reason', '--reason'));
  return command.parse(argv, { from: 'user' }).opts().reason;
}

test('a text of the command line is stored as one of the web UI is', () => {
  expect(reasonOf('--reason', ' Zoe\u0308 asked\nfor it ')).toBe('Zoë asked\nfor it');
});

test('what no door takes is refused by name and with the reason, and is not written to the terminal', () => {
  for (const [text, why] of [
    ['a\u001b[2Jb', 'control characters'],
    ['', 'empty'],
    ['x'.repeat(501), '500 characters'],
  ] as const) {
    expect(() => reasonOf('--reason', text)).toThrow(new RegExp(`^--reason .*${why}.*\\.$`));
  }
});
