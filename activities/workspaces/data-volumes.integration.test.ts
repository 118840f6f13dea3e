import { createHash, randomUUID } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { platformEnv } from '#test/lane.ts';
import { ArchiveReader } from './archive-digest.ts';
import { createDataVolumes, type DataVolumes } from './data-volumes.ts';
import { createDockerClient } from './docker-client.ts';
import { type Owner, objectName, ownerLabels } from './ownership.ts';

const env = platformEnv();
const docker = createDockerClient(env.DOCKER_HOST ?? '');
const installation = randomUUID();
const owner: Owner = { installation, hostId: 'here', accountId: 'acct', workspaceId: `ws-${randomUUID().slice(0, 8)}` };
const there: Owner = { ...owner, hostId: 'there', installation: randomUUID() };
const always = {
  storageMb: 1024,
  beforeChange: async () => {},
  signal: new AbortController().signal,
  onBytes: () => {},
};
let source: DataVolumes;
let target: DataVolumes;

beforeAll(async () => {
  const image = env.LEASEHOLD_WORKSPACE_IMAGE ?? '';
  source = createDataVolumes({ docker, hostId: owner.hostId, installation: owner.installation, image });
  target = createDataVolumes({ docker, hostId: there.hostId, installation: there.installation, image });
  await docker.createVolume({ Name: objectName(owner), Labels: ownerLabels(owner) });
  const script = `const fs = require('fs');
    fs.mkdirSync('/data/deep/${'x'.repeat(120)}', { recursive: true });
    fs.writeFileSync('/data/deep/${'x'.repeat(120)}/Grüße.txt', 'hello');
    fs.writeFileSync('/data/big.bin', require('crypto').randomBytes(5_000_123));
    fs.writeFileSync('/data/secret', 'mine', { mode: 0o600 });
    fs.chownSync('/data/secret', 10001, 10001);
    fs.symlinkSync('deep', '/data/link');
    fs.linkSync('/data/secret', '/data/same');
    fs.mkdirSync('/data/empty');`;
  await inVolume(owner, script);
});

afterAll(async () => {
  for (const each of [owner, there])
    await docker
      .getVolume(objectName(each))
      .remove({ force: true })
      .catch(() => {});
});

async function inVolume(whose: Owner, script: string): Promise<string> {
  const out = new PassThrough();
  const chunks: Buffer[] = [];
  out.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [{ StatusCode }, container] = await docker.run(env.LEASEHOLD_WORKSPACE_IMAGE ?? '', ['-e', script], out, {
    Entrypoint: ['node'],
    User: '0:0',
    Tty: true,
    HostConfig: {
      NetworkMode: 'none',
      Mounts: [
        { Type: 'volume', Source: objectName(whose), Target: '/data', VolumeOptions: { NoCopy: true } as never },
      ],
    },
  });
  await container.remove();
  const said = Buffer.concat(chunks).toString();
  if (StatusCode !== 0) throw new Error(`The script ended with ${StatusCode}: ${said}`);
  return said.trim();
}

async function holders(): Promise<string[]> {
  const found = await docker.listContainers({ all: true, filters: { label: ['leasehold.copy'] } });
  return found.flatMap(({ Names }) => Names).filter((name) => name.includes(owner.workspaceId));
}

test('a copy is the same byte for byte, with names, owners, modes and links, and comes again to the same', async () => {
  const wanted = await source.content(owner.workspaceId);
  expect(wanted.bytes).toBe(5_000_123 + 5 + 4);
  for (let time = 1; time <= 2; time += 1) {
    const stored = await target.write(there, await source.read(owner.workspaceId), always);
    expect(stored).toEqual(wanted);
  }
  const look = `const fs = require('fs'); const { uid, mode } = fs.statSync('/data/secret');
    console.log(JSON.stringify([uid, mode & 0o777, fs.readlinkSync('/data/link'), fs.readFileSync('/data/deep/${'x'.repeat(120)}/Grüße.txt', 'utf8'),
      require('crypto').createHash('sha256').update(fs.readFileSync('/data/big.bin')).digest('hex'), fs.existsSync('/data/empty')]));`;
  expect(await inVolume(there, look)).toBe(await inVolume(owner, look));
  await expect.poll(holders, { timeout: 20_000 }).toEqual([]);
});

test('a copy that is cut off is an error, and the next one is whole', async () => {
  const whole = await source.read(owner.workspaceId);
  const cut = Readable.from(
    (async function* () {
      let bytes = 0;
      for await (const chunk of whole) {
        bytes += (chunk as Buffer).length;
        if (bytes > 2_000_000) throw new Error('cut off');
        yield chunk;
      }
    })(),
  );
  await expect(target.write(there, cut, always)).rejects.toThrow();
  const stored = await target.write(there, await source.read(owner.workspaceId), always);
  expect(stored).toEqual(await source.content(owner.workspaceId));
});

test('one changed byte, mode or name is another content', async () => {
  const before = await target.content(there.workspaceId);
  await inVolume(there, `require('fs').chmodSync('/data/secret', 0o640)`);
  expect((await target.content(there.workspaceId)).digest).not.toBe(before.digest);
});

test('what is no archive is refused, and one without an end too', () => {
  const reader = new ArchiveReader();
  expect(() => reader.push(createHash('sha512').update('no tar').digest().subarray(0, 64))).not.toThrow();
  expect(() => reader.push(Buffer.alloc(512, 7))).toThrow('no tar archive');
  expect(() => new ArchiveReader().end()).toThrow('cut off');
});
