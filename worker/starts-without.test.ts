import { expect, test } from 'vitest';
import { freePort } from '#platform/ports.ts';
import { gone, type ProcessOfOurs, silent, silentSocket, startProcess } from '#test/process-of-ours.ts';

interface Surroundings {
  postgres: number;
  temporal: number;
  docker: string;
}

async function startWorker({ postgres, temporal, docker }: Surroundings, more: Record<string, string> = {}) {
  const port = await freePort();
  const worker = await startProcess('worker', {
    DATABASE_URL: `postgresql://leasehold:x@127.0.0.1:${postgres}/leasehold`,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporal}`,
    TEMPORAL_NAMESPACE: 'leasehold',
    DOCKER_HOST: docker,
    SMTP_URL: `smtp://127.0.0.1:${await gone()}`,
    LEASEHOLD_INSTALLATION: 'starts-without',
    LEASEHOLD_INTERNAL_TOKEN: 'a token of the tests',
    LEASEHOLD_WORKER_PORT: String(port),
    ...more,
  });
  return { worker, url: `http://127.0.0.1:${port}` };
}

const everythingGone = async (): Promise<Surroundings> => ({
  postgres: await gone(),
  temporal: await gone(),
  docker: 'unix:///var/run/there-is-no-engine.sock',
});
const everythingHangs = async (): Promise<Surroundings> => ({
  postgres: await silent(),
  temporal: await silent(),
  docker: `unix://${await silentSocket()}`,
});

test.each([
  ['gone', everythingGone],
  ['hanging', everythingHangs],
])(
  'a worker that starts with PostgreSQL, Temporal and Docker %s lives, says what is missing, and ends when it is asked to',
  async (_how, surroundings) => {
    const { worker, url } = await startWorker(await surroundings());
    const answer = await readiness(url, worker);
    expect(answer).toMatchObject({
      ready: false,
      checks: { docker: 'failed', temporal: 'failed', postgres: 'failed', accounts: 'failed', workspaces: 'failed' },
    });
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(worker.child.exitCode).toBeNull();
    expect(await worker.stop()).toBe(0);
  },
  60_000,
);

test('a worker whose settings are wrong ends with a sentence and no stack', async () => {
  const { worker } = await startWorker(await everythingGone(), { DOCKER_HOST: 'ftp://engine' });
  await expect.poll(() => worker.child.exitCode, { timeout: 20_000 }).toBe(1);
  const said = worker.log().map(({ msg }) => msg);
  expect(said).toEqual([expect.stringMatching(/DOCKER_HOST is ftp:\/\/engine: expected/)]);
});

async function readiness(url: string, worker: ProcessOfOurs): Promise<unknown> {
  let said: unknown;
  const answers = async () => {
    if (worker.child.exitCode !== null) throw new Error(`It ended: ${JSON.stringify(worker.log())}`);
    said = await fetch(`${url}/ready`).then(
      (answer) => answer.json(),
      () => undefined,
    );
    return said !== undefined;
  };
  await expect.poll(answers, { timeout: 30_000, interval: 200 }).toBe(true);
  return said;
}
