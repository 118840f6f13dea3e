import { expect, test } from 'vitest';
import { createProgressLines } from './progress-lines.ts';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  const lines = createProgressLines({
    isTTY,
    columns: 80,
    write: (text: string) => {
      written.push(text);
      return true;
    },
  } as never);
  return { lines, text: () => written.join('') };
}

test('without a terminal a part is one line when it is there, and no control characters are written', () => {
  const { lines, text } = recorder(false);
  lines.part({ name: 'postgres', state: 'starting', restarts: 0 });
  lines.part({ name: 'postgres', state: 'running', detail: 'PostgreSQL 18', restarts: 0, tookMs: 700 });
  lines.part({ name: 'postgres', state: 'running', detail: 'PostgreSQL 18', restarts: 0, tookMs: 700 });
  expect(text()).toBe('✓ postgres         PostgreSQL 18  0.7 s\n');
});

test('a long step says without a terminal that it goes on, not with each tick', () => {
  const { lines, text } = recorder(false);
  for (const second of [5, 10, 15])
    lines.part({ name: 'temporal', state: 'starting', detail: `building: ${second} s`, restarts: 0 });
  expect(text()).toBe('… temporal         building: 5 s\n');
});

test('a part that died is told with the reason', () => {
  const { lines, text } = recorder(true);
  lines.part({ name: 'worker', state: 'restarting', detail: 'was ended by SIGKILL', restarts: 1 });
  expect(text()).toContain('↻ worker           was ended by SIGKILL; starting it again');
});
