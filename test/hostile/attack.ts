import { request as httpRequest } from 'node:http';
import type { Client } from '@temporalio/client';
import { normalText } from '#domain/text-rules.ts';
import { poll } from '#platform/poll.ts';
import { until } from '#stories/until.ts';
import { SeededRandom } from '#test/scenarios/seeded-random.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { type Description, type Door, doorsOf, type HostileRequest, requestTo } from './doors.ts';
import { pick } from './hostile-text.ts';
import { allMessages, messageTo, send } from './messages.ts';
import { newSession, type Victim, type VictimDeps } from './victims.ts';

export interface AttackDeps extends VictimDeps {
  client: Client;
}

export interface AttackOptions {
  seed: number;
  count: number;
  /** Sends this one alone of those that the seed gives. */
  only?: number;
  /** Under way at a time. */
  concurrency: number;
  /** Default: all. */
  through?: 'routes' | 'messages';
}

export interface Failure {
  /** Which of the run it was; `null` for what was found at the end. */
  index: number | null;
  what: string;
  sent: string;
}

export interface AttackResult {
  /** How often each door gave each answer. */
  answers: Map<string, Map<string, number>>;
  failures: Failure[];
  /** Lawful texts whose stored form was compared. */
  compared: number;
}

const ANSWERS_WITHIN_MS = 60_000;
const STORED_WITHIN_MS = 15_000;
/** What can't be told yet is asked for again, as a customer's program does: nobody confirmed it in time, or the workspace is on its way up. */
const ASK_AGAIN = /"(not-confirmed|host-unreachable)"/;
const AGAIN_WITHIN_MS = 45_000;
const AGAIN_AFTER_MS = 500;
/** Of what is sent, in a failure that is printed. */
const LONGEST_SHOWN = 1_500;

/** Sends hostile requests and messages, so many at a time. The same seed makes the same ones, but for ids of this run. */
export async function attack(
  deps: AttackDeps,
  victims: readonly Victim[],
  description: Description,
  options: AttackOptions,
): Promise<AttackResult> {
  const result: AttackResult = { answers: new Map(), failures: [], compared: 0 };
  const doors = doorsOf(description);
  const messages = allMessages();
  const one = async (index: number) => {
    const random = new SeededRandom(options.seed * 1_000_003 + index);
    const toRoute = options.through ? options.through === 'routes' : random.chance(0.7);
    if (toRoute) await throughRoute(deps, result, index, random, pick(random, doors), victims);
    else {
      const sent = messageTo(random, pick(random, messages), victims);
      const name = `${sent.message.type} ${sent.message.name}`;
      try {
        const handle = deps.client.workflow.getHandle(subscriptionWorkflowId(sent.victim.accountId));
        note(result, name, await send(handle, sent));
      } catch (error) {
        note(result, name, 'FAILED');
        result.failures.push({ index, what: `${name}: ${error}`, sent: shown(sent.args) });
      }
    }
  };
  const waiting = options.only === undefined ? Array.from({ length: options.count }, (_, at) => at) : [options.only];
  const lane = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) await one(index);
  };
  await Promise.all(Array.from({ length: options.concurrency }, lane));
  return result;
}

async function throughRoute(
  deps: AttackDeps,
  result: AttackResult,
  index: number,
  random: SeededRandom,
  door: Door,
  victims: readonly Victim[],
): Promise<void> {
  const name = `${door.method} ${door.path}`;
  const { request, victim } = requestTo(random, door, victims, deps.env);
  const { method, target, headers } = request;
  const sent = shown({ method, target, body: bodyOf(request), headers: { ...headers, cookie: undefined } });
  try {
    const { status, text } = await ask(deps.env.LEASEHOLD_API_URL ?? '', request);
    note(result, name, String(status));
    if (status >= 500) result.failures.push({ index, what: `${name}: ${status} ${text.slice(0, 1_000)}`, sent });
    // What signed the person out is made up for.
    if (status === 401 || /sign-out|revoke|password|two-factor/.test(door.path)) {
      victim.cookie = await newSession(deps, victim.userId);
    }
    if (status < 300 && request.lawful !== undefined) {
      const fault = await compareStored(deps, name, victim, request.lawful, text, result);
      if (fault) result.failures.push({ index, what: `${name}: ${fault}`, sent });
    }
  } catch (error) {
    note(result, name, 'FAILED');
    result.failures.push({ index, what: `${name}: ${error}`, sent });
  }
}

/** A request as it is: `fetch` would put paths and headers right. */
async function ask(base: string, request: HostileRequest): Promise<{ status: number; text: string }> {
  let answer = await askOnce(base, request);
  const isSettled = () => answer.status !== 503 || !ASK_AGAIN.test(answer.text);
  if (isSettled()) return answer;
  const again = async () => {
    answer = await askOnce(base, request);
    return isSettled();
  };
  await poll(again, { timeoutMs: AGAIN_WITHIN_MS, everyMs: AGAIN_AFTER_MS });
  return answer;
}

function askOnce(base: string, { method, target, headers, body }: HostileRequest) {
  const { hostname, port } = new URL(base);
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asking = httpRequest(
      {
        ...{ hostname, port, method, path: target, timeout: ANSWERS_WITHIN_MS },
        headers: body ? { ...headers, 'content-length': String(body.length) } : headers,
      },
      (answer) => {
        const parts: Buffer[] = [];
        const done = () => {
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') });
          asking.destroy();
        };
        // It goes on; that it began is the answer.
        if (answer.headers['content-type']?.startsWith('text/event-stream')) return done();
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', done);
        answer.on('error', reject);
      },
    );
    asking.on('timeout', () => asking.destroy(new Error(`There was no answer in ${ANSWERS_WITHIN_MS / 1_000} s.`)));
    // Too long a body is answered before it is read, and the connection ends.
    asking.on('error', (error: NodeJS.ErrnoException) =>
      body && body.length > 1_000_000 && ['EPIPE', 'ECONNRESET'].includes(error.code ?? '')
        ? resolve({ status: 413, text: '' })
        : reject(error),
    );
    asking.end(body ?? undefined);
  });
}

/** What is stored of a lawful name has to be that name; `null` when it is, or when there is nothing to compare. */
async function compareStored(
  { prisma }: AttackDeps,
  door: string,
  victim: Victim,
  lawful: unknown,
  text: string,
  result: AttackResult,
): Promise<string | null> {
  const name = typeof lawful === 'object' && lawful !== null && 'name' in lawful ? lawful.name : undefined;
  if (typeof name !== 'string') return null;
  const answer = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, string>;
  const stored: Record<string, () => Promise<string | undefined>> = {
    'POST /api/v1/organisations': async () =>
      (await prisma.organisation.findUnique({ where: { id: answer.organisationId ?? '' } }))?.name,
    'POST /api/v1/accounts/{accountId}/keys': async () =>
      (await prisma.apiKey.findUnique({ where: { id: answer.keyId ?? '' } }))?.name ?? undefined,
    'POST /api/v1/accounts/{accountId}/workspaces': async () =>
      (await prisma.workspace.findUnique({ where: { id: answer.workspaceId ?? '' } }))?.name,
    'POST /api/auth/sign-up/email': async () =>
      (await prisma.signUp.findFirst({ where: { name: normalText(name) } }))?.name,
  };
  const read = stored[door];
  if (!read) return null;
  result.compared += 1;
  try {
    await until(
      `${victim.userId}'s text to be stored as it was sent`,
      STORED_WITHIN_MS,
      async () => (await read()) === normalText(name),
    );
    return null;
  } catch {
    return `${JSON.stringify(normalText(name))} is stored as ${JSON.stringify(await read())}`;
  }
}

function note({ answers }: AttackResult, door: string, answer: string): void {
  const counts = answers.get(door) ?? new Map<string, number>();
  counts.set(answer, (counts.get(answer) ?? 0) + 1);
  answers.set(door, counts);
}

function bodyOf({ body }: HostileRequest): string | null {
  return body && Buffer.from(body).toString('latin1');
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)`;
}
