import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runGo } from './go.ts';

/** A `go` that says something on each run but the last, and fails with it. */
function goThatSays(refusals: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'go-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const runs = join(folder, 'runs');
  writeFileSync(runs, '');
  writeFileSync(join(folder, 'refusals'), refusals.map((each) => `${each}\n`).join(''));
  const script = `#!/bin/sh
echo x >> '${runs}'
said=$(sed -n "$(wc -l < '${runs}')p" '${folder}/refusals')
[ -z "$said" ] || { echo "$said" >&2; exit 1; }
echo built
`;
  writeFileSync(join(folder, 'go'), script, { mode: 0o755 });
  return {
    env: { ...process.env, PATH: [folder, '/usr/bin', '/bin'].join(delimiter) },
    runs: () => readFileSync(runs, 'utf8').length / 2,
  };
}

const QUICKLY = [0, 0];
const RESET = 'go: example.org/a@v1: read tcp 10.0.0.2:4: read: connection reset by peer';

test('a module that does not come is asked for again', async () => {
  const { env, runs } = goThatSays([RESET, 'reading https://proxy/a.zip: 502 Bad Gateway']);
  expect(await runGo(['install', 'a'], env, undefined, QUICKLY)).toEqual({ status: 0, output: 'built\n' });
  expect(runs()).toBe(3);
});

test('three times in all', async () => {
  const { env, runs } = goThatSays([RESET, RESET, RESET, RESET]);
  expect(await runGo(['install', 'a'], env, undefined, QUICKLY)).toEqual({ status: 1, output: `${RESET}\n` });
  expect(runs()).toBe(3);
});

test('what is wrong with the code is said at once', async () => {
  const { env, runs } = goThatSays(['a.go:1:1: expected package']);
  expect(await runGo(['install', 'a'], env, undefined, QUICKLY)).toMatchObject({ status: 1 });
  expect(runs()).toBe(1);
});
