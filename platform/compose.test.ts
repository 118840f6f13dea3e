import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { MEANINGS } from '#settings/meanings.ts';
import { PRODUCT_IMAGES, targetOf } from './parts/product-images.ts';
import { ROOT } from './root.ts';

interface Service {
  image: string;
  build?: { target: string };
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  profiles?: string[];
  network_mode?: string;
  cap_drop?: string[];
}

const compose: { services: Record<string, Service> } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), {
  merge: true,
});
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const dockerfile = readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8');

const target = (name: string) => targetOf(dockerfile, name);

test("Docker's socket is mounted in the worker alone", () => {
  const withSocket = services.filter(([, { volumes = [] }]) =>
    volumes.some((volume) => volume.includes('docker.sock')),
  );
  expect(withSocket.map(([name]) => name)).toEqual(['worker']);
});

test('each image of ours is a target of the Dockerfile and a service, and nothing of ours is published', () => {
  expect(ours.map(([, { build }]) => build?.target).sort()).toEqual([...PRODUCT_IMAGES].sort());
  for (const [name, { ports, network_mode, cap_drop }] of ours) {
    expect(target(name), name).toContain('CMD');
    expect(ports, name).toBeUndefined();
    expect({ network_mode, cap_drop }).toEqual({ network_mode: 'host', cap_drop: ['ALL'] });
  }
});

test('no process of ours is root, and each that stays has a health check', () => {
  expect(target('product')).toContain('USER 10001:10001');
  for (const name of PRODUCT_IMAGES) {
    expect(dockerfile).toContain(`FROM product AS ${name}\n`);
    if (name !== 'set-up') expect(target(name), name).toContain('HEALTHCHECK');
  }
});

test('what others publish is on this machine alone', () => {
  for (const [, { ports = [] }] of services) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('each variable that a process of ours gets is a setting', () => {
  const names = ours.flatMap(([, { environment = {} }]) => Object.keys(environment));
  expect(names.filter((name) => !(name in MEANINGS))).toEqual([]);
});

test('simulator and mail catcher come with the profile demo only', () => {
  const demo = services.filter(([, { profiles }]) => profiles?.includes('demo')).map(([name]) => name);
  expect(demo.sort()).toEqual(['mail', 'simulator']);
});

test('what brings the database up to date needs no program but a shell and node: an image may have no other', () => {
  const bare = mkdtempSync(join(tmpdir(), 'bare-path-'));
  onTestFinished(() => rmSync(bare, { recursive: true }));
  symlinkSync(process.execPath, join(bare, 'node'));
  const said = execFileSync('/bin/sh', [join(ROOT, 'bin/prisma'), 'validate'], {
    env: {
      PATH: bare,
      HOME: bare,
      DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none',
    } as unknown as NodeJS.ProcessEnv,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(said).toContain('is valid');
}, 60_000);
