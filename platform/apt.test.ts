import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { installWithApt } from './apt.ts';

/** A machine whose apt-get refuses so many installations with these words; `calls` are those of apt-get and dpkg. */
function machine(refusals: number, words: string) {
  const folder = mkdtempSync(join(tmpdir(), 'apt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const calls = join(folder, 'calls');
  const program = (name: string, body: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >> '${calls}'\n${body}\n`, { mode: 0o755 });
  program(
    'apt-get',
    `case "$*" in *install*) [ $(grep -c install '${calls}') -gt ${refusals} ] || { echo '${words}' >&2; exit 100; };; esac`,
  );
  program('dpkg', '');
  return {
    env: { ...process.env, PATH: [folder, '/usr/bin', '/bin'].join(delimiter) },
    calls: () => readFileSync(calls, 'utf8').trim().split('\n'),
  };
}

const QUICKLY = [0, 0];

test('a mirror that hiccups is asked again, and a lock of somebody else is waited for', async () => {
  const { env, calls } = machine(1, 'E: Failed to fetch a.deb');
  await installWithApt(['a', 'b'], env, QUICKLY);
  const lock = '-o DPkg::Lock::Timeout=120';
  const once = [
    `apt-get ${lock} update -q`,
    expect.stringMatching(/^apt-get .* install -y -q --no-install-recommends .* a b$/),
  ];
  expect(calls()).toEqual([...once, ...once]);
});

test('an installation that was cut off is brought to its end first', async () => {
  const { env, calls } = machine(
    1,
    "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'".replaceAll("'", ''),
  );
  await installWithApt(['a'], env, QUICKLY);
  expect(calls()).toContainEqual(expect.stringMatching(/^dpkg .*--configure -a$/));
});

test('a lock that is held for too long is said, and not waited for once more', async () => {
  const { env, calls } = machine(9, 'E: Could not get lock /var/lib/dpkg/lock-frontend');
  await expect(installWithApt(['a'], env, QUICKLY)).rejects.toThrow('Could not get lock');
  expect(calls().filter((each) => each.includes('install'))).toHaveLength(1);
});

test('after three tries it is said what apt-get said', async () => {
  const { env, calls } = machine(9, 'E: Unable to locate package a');
  await expect(installWithApt(['a'], env, QUICKLY)).rejects.toThrow('E: Unable to locate package a');
  expect(calls().filter((each) => each.includes('install'))).toHaveLength(3);
});
