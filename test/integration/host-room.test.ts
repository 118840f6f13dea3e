import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { examine } from '#platform/doctor.ts';
import type { DoctorCheck } from '#platform/doctor-check.ts';
import { ROOT } from '#platform/root.ts';
import { createPrisma } from '#prisma/client.ts';
import { lane } from '#test/lane.ts';

/** Operators learn that the next host is needed while customers still find room. */

const { env, stateDir } = lane();
const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 2 });
const workspaceId = `room-${randomUUID()}`;

afterAll(async () => {
  await prisma.placement.deleteMany({ where: { workspaceId } });
  await prisma.$disconnect();
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${env.LEASEHOLD_API_URL}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

async function room(): Promise<DoctorCheck | undefined> {
  return (await examine(stateDir, process.env)).find(({ name }) => name === 'room');
}

test('from 80 % promised on, metrics, doctor and the list of hosts ask for the next one, and say how much room is left', async () => {
  const host = await prisma.host.findUniqueOrThrow({ where: { id: env.LEASEHOLD_HOST_ID ?? '' } });
  expect(await room()).toMatchObject({ finding: 'ok', detail: expect.stringMatching(/^for \d+ more workspaces/) });
  expect(await metric('leasehold_next_host_needed')).toBe(0);
  expect(await metric(`leasehold_host_capacity{host="${host.id}",resource="memory"}`)).toBe(host.memoryMb);
  const memoryMb = Math.ceil(host.memoryMb * 0.85);
  await prisma.placement.create({ data: { workspaceId, hostId: host.id, memoryMb, cpuPercent: 1 } });
  expect(await room()).toMatchObject({
    finding: 'soon',
    waysOut: expect.stringMatching(
      /^8\d % of the memory that hosts may promise is promised, and \d+ more .*Add a host/,
    ),
  });
  const { stdout } = await promisify(execFile)(join(ROOT, 'bin/leasehold'), ['host', 'list'], {
    env: { ...process.env, LEASEHOLD_STATE: stateDir },
  });
  expect(stdout).toMatch(/ROOM FOR[\s\S]*\d+ \(\d+ of the largest\)[\s\S]*^! 8\d % of the memory/m);
  await expect.poll(() => metric('leasehold_next_host_needed'), { timeout: 10_000 }).toBe(1);
  expect(await metric('leasehold_hosts_full_percent')).toBeGreaterThanOrEqual(85);
});
