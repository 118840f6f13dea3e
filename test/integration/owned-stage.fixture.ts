import { randomUUID } from 'node:crypto';
import { hashPassword } from 'better-auth/crypto';
import type { PlatformHandle } from '#platform/attach.ts';
import { openStage, type Stage } from '#stories/stage.ts';
import { until } from '#stories/until.ts';
import { lanePlatform } from '#test/lane.ts';
import { callApi } from './call-api.ts';

const RUNS_WITHIN_MS = 60_000;
const PASSWORD = 'a password of the tests';

/** A stage on the platform of the tests, whose customer's workspace runs, and the API as its owner calls it. */
export interface OwnedStage {
  stage: Stage;
  send: Send;
}

/** Calls the API with the owner's session. */
export type Send = (
  method: string,
  path: string,
  more?: { body?: unknown; headers?: Record<string, string> | undefined },
) => Promise<Response>;

/**
 * Opens it; whoever opens it closes its stage.
 *
 * @param given the platform. Default: that of the lane
 */
export async function openOwnedStage(given?: PlatformHandle): Promise<OwnedStage> {
  const platform = given ?? (await lanePlatform());
  const stage = await openStage(platform);
  await until('the workspace to run', RUNS_WITHIN_MS, async () => {
    const { status } = await stage.workspace.container();
    return status === 'running';
  });
  await stage.driver.settle();
  const cookie = await signIn(stage);
  return { stage, send: (method, path, more) => call(stage, method, path, more, cookie) };
}

/** The owner's session: a customer in a story has no password. */
async function signIn(stage: Stage): Promise<string> {
  const { prisma, customer } = stage;
  const { userId } = await prisma.account.findUniqueOrThrow({ where: { id: customer.accountId } });
  const user = await prisma.user.update({ where: { id: userId ?? '' }, data: { emailVerified: true } });
  const password = await hashPassword(PASSWORD);
  await prisma.credential.create({
    data: { id: randomUUID(), accountId: user.id, providerId: 'credential', userId: user.id, password },
  });
  const body = { email: user.email, password: PASSWORD };
  const answer = await call(stage, 'POST', '/api/auth/sign-in/email', { body });
  const session = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (!session) throw new Error(`No session: ${answer.status} ${await answer.text()}`);
  return session;
}

function call(
  { platform: { env } }: Stage,
  method: string,
  path: string,
  { body, headers = {} }: Parameters<Send>[2] & object = {},
  cookie?: string,
): Promise<Response> {
  return callApi(`${env.LEASEHOLD_API_URL}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      origin: env.LEASEHOLD_WEB_ORIGIN ?? '',
      ...(cookie ? { cookie } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
