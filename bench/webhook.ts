import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createTemporalLink, type TemporalLink } from '#api/temporal.ts';
import { ROOT } from '#platform/root.ts';
import { startPlatform } from '#platform/start.ts';
import { billingHints, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { percentile } from './percentile.ts';
import type { LoadOrder, LoadReport } from './webhook-load.ts';

export interface WebhookBenchOptions {
  rounds: number;
  events: number;
  concurrency: number;
  json?: boolean;
}

const SECRET = 'whsec_of_the_benchmark';
/** A renewal sends five to eight events. */
const EVENTS_OF_A_CUSTOMER = 8;
const STEADY = { events: 300, perSecond: 30 };
const SAMPLED_WORKFLOWS = 200;

interface Side {
  name: 'leasehold' | 'baseline';
  url: string;
  process: ChildProcess;
  rounds: Round[];
}

interface Round extends LoadReport {
  /** Processor time of the process that accepts, for 1,000 events: says what the machine's other work hides. */
  cpuMsPer1000: number;
}

/**
 * Loads our API and the baseline in alternating rounds, so that both meet the same machine. Events come in bursts of
 * eight for each customer, all customers have accounts, and forwarding is on: its cost within the rounds is ours. Then a
 * steady stream measures the time from the answer to the signal in the workflow's history.
 */
export async function benchWebhook(options: WebhookBenchOptions): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  const note = (line: string) => process.stderr.write(`${line}\n`);
  note('Starting PostgreSQL and Temporal …');
  const platform = await startPlatform({
    stateDir,
    parts: ['postgres', 'temporal', 'migrations'],
    ports: 'free',
    onProgress: ({ name, state, detail }) => note(`  ${name}: ${state}${detail ? `, ${detail}` : ''}`),
  });
  const children: ChildProcess[] = [];
  const database = new pg.Pool({ connectionString: platform.env.DATABASE_URL, max: 2 });
  const temporal = createTemporalLink(platform.env);
  try {
    const env = {
      ...platform.env,
      LOG_LEVEL: 'warn',
      STRIPE_WEBHOOK_SECRET: SECRET,
      LEASEHOLD_API_PORT: String(platform.ports.api),
      PORT: String(platform.ports.simulator),
    };
    await database.query('CREATE TABLE bench_stripe_event (LIKE stripe_event INCLUDING ALL)');
    const start = (name: Side['name'], file: string, port: string | undefined): Side => {
      const process = run(file, env, stateDir);
      children.push(process);
      return { name, url: `http://127.0.0.1:${port}`, process, rounds: [] };
    };
    const ours = start('leasehold', 'api/main.ts', env.LEASEHOLD_API_PORT);
    const theirs = start('baseline', 'bench/webhook-baseline.ts', env.PORT);
    await Promise.all([ours, theirs].map(({ url }) => healthy(url)));

    const customers = await storeCustomers(database, 'burst', Math.ceil(options.events / EVENTS_OF_A_CUSTOMER));
    let burst: LoadReport | undefined;
    for (let round = 0; round <= options.rounds; round += 1) {
      // Whoever goes first changes each round; round 0 only warms up.
      for (const side of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
        const cpuBefore = cpuMs(side.process);
        const report = await load({
          url: `${side.url}/api/v1/webhooks/stripe`,
          secret: SECRET,
          prefix: `${side.name}_${round}`,
          events: options.events,
          concurrency: options.concurrency,
          customers,
        });
        const cpuMsPer1000 = ((cpuMs(side.process) - cpuBefore) * 1_000) / report.accepted;
        if (report.refused > 0) throw new Error(`${side.name} refused ${report.refused} events.`);
        if (side === ours) burst ??= report;
        if (side === ours) await drained(database);
        const perSecond = Math.round(report.accepted / report.seconds);
        note(
          `round ${round === 0 ? '0 (warm-up)' : round}: ${side.name} ${perSecond}/s, ${Math.round(cpuMsPer1000)} ms of CPU for 1,000`,
        );
        if (round > 0) side.rounds.push({ ...report, cpuMsPer1000 });
      }
    }

    note('Measuring the time from the answer to the signal …');
    const steadyCustomers = await storeCustomers(database, 'steady', STEADY.events);
    const steady = await load({
      ...STEADY,
      url: `${ours.url}/api/v1/webhooks/stripe`,
      secret: SECRET,
      prefix: 'steady',
      concurrency: options.concurrency,
      customers: steadyCustomers,
    });
    await drained(database);
    const figures = {
      leasehold: summary(ours),
      baseline: summary(theirs),
      ratio: round2(median(ours.rounds.map(rate)) / median(theirs.rounds.map(rate))),
      ratios: ours.rounds.map((report, index) => round2(rate(report) / rate(theirs.rounds[index] ?? report))),
      signalMs: {
        steady: spread(await signalDelays(temporal, steady)),
        burst: burst ? spread(await signalDelays(temporal, burst)) : undefined,
      },
    };
    process.stdout.write(options.json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures, options));
  } finally {
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(children.map(ended));
    await database.end();
    await temporal.connection.close();
    await platform.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

function run(file: string, env: Record<string, string>, stateDir: string): ChildProcess {
  const log = openSync(join(stateDir, 'logs', `${file.replaceAll('/', '-')}.log`), 'a');
  return spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  });
}

/** Processor time that a process has used so far, user and system; Linux counts it in hundredths of a second. */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

async function healthy(url: string): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer?.ok) return;
    if (Date.now() > giveUpAt) throw new Error(`${url} did not start within a minute.`);
    await delay(200);
  }
}

/** The load generator is a process of its own: its work is not done in the process that is measured. */
async function load(order: LoadOrder): Promise<LoadReport> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bench/webhook-load.ts'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(order));
  let printed = '';
  for await (const chunk of child.stdout) printed += chunk;
  return JSON.parse(printed) as LoadReport;
}

async function storeCustomers(database: pg.Pool, kind: string, count: number): Promise<string[]> {
  const customers = Array.from({ length: count }, (_, index) => `cus_${kind}_${index}`);
  await database.query(
    `INSERT INTO "user" (id, name, email) SELECT customer, customer, customer FROM unnest($1::text[]) AS customer`,
    [customers],
  );
  await database.query(
    `INSERT INTO account (id, user_id, stripe_customer_id, plan_id, standing, standing_since, version, state, view, saved_at)
     SELECT 'acc-' || customer, customer, customer, 'none', 'free', now(), 1, '{}', '{}', now() FROM unnest($1::text[]) AS customer`,
    [customers],
  );
  await database.query('ANALYZE account');
  return customers;
}

/** Waits until every event has been forwarded, so that the next round begins on an idle machine. */
async function drained(database: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ waiting: string }>(
      'SELECT count(*) AS waiting FROM stripe_event WHERE forwarded_at IS NULL',
    );
    if (rows[0]?.waiting === '0') return;
    await delay(500);
  }
}

/** From the answer to each sampled customer's first event to the signal in its workflow's history. */
async function signalDelays(temporal: TemporalLink, { firstAnswerAt }: LoadReport): Promise<number[]> {
  const all = Object.entries(firstAnswerAt);
  const step = Math.max(1, Math.floor(all.length / SAMPLED_WORKFLOWS));
  const delays: number[] = [];
  for (const [customer, answeredAt] of all.filter((_, index) => index % step === 0)) {
    const handle = temporal.client.workflow.getHandle(subscriptionWorkflowId(`acc-${customer}`));
    const { events = [] } = await handle.fetchHistory();
    const signal = events?.find(
      (event) => event.workflowExecutionSignaledEventAttributes?.signalName === billingHints.name,
    );
    const { seconds = 0, nanos = 0 } = signal?.eventTime ?? {};
    delays.push(Number(seconds) * 1_000 + (nanos ?? 0) / 1e6 - answeredAt);
  }
  return delays;
}

const rate = (report: LoadReport) => report.accepted / report.seconds;
const median = (values: number[]) => percentile(values, 0.5);
const round2 = (value: number) => Math.round(value * 100) / 100;
const spread = (values: number[]) => ({
  p50: Math.round(percentile(values, 0.5)),
  p99: Math.round(percentile(values, 0.99)),
  samples: values.length,
});

function summary({ rounds }: Side) {
  return {
    acceptedPerSecond: Math.round(median(rounds.map(rate))),
    latencyP50Ms: round2(median(rounds.map((report) => report.latencyP50Ms))),
    latencyP99Ms: round2(median(rounds.map((report) => report.latencyP99Ms))),
    cpuMsPer1000: Math.round(median(rounds.map((report) => report.cpuMsPer1000))),
  };
}

interface Figures {
  leasehold: ReturnType<typeof summary>;
  baseline: ReturnType<typeof summary>;
  ratio: number;
  ratios: number[];
  signalMs: { steady: ReturnType<typeof spread>; burst: ReturnType<typeof spread> | undefined };
}

function table({ leasehold, baseline, ratio, ratios, signalMs }: Figures, options: WebhookBenchOptions): string {
  const row = (name: string, side: ReturnType<typeof summary>) =>
    `${name.padEnd(44)}${String(side.acceptedPerSecond).padStart(8)}/s${String(side.latencyP50Ms).padStart(10)} ms${String(side.latencyP99Ms).padStart(10)} ms${String(side.cpuMsPer1000).padStart(10)} ms`;
  const { steady, burst } = signalMs;
  const lines = [
    '',
    `Webhooks of 4 KB, ${options.concurrency} at once, ${options.rounds} alternating rounds of ${options.events}; medians of the rounds`,
    `${''.padEnd(44)}${'accepted'.padStart(10)}${'p50'.padStart(13)}${'p99'.padStart(13)}${'CPU/1,000'.padStart(13)}`,
    row('Leasehold (inbox and forwarding)', leasehold),
    row('Hono + constructEvent + a bare shared INSERT', baseline),
    `ratio ${ratio} (aim 0.8; rounds ${ratios.join(', ')})`,
    `from 200 to the workflow's signal, ${STEADY.perSecond} events a second: p50 ${steady.p50} ms, p99 ${steady.p99} ms (${steady.samples} workflows)`,
  ];
  if (burst) {
    lines.push(
      `the same when all accounts renew at once: p50 ${burst.p50} ms, p99 ${burst.p99} ms (${burst.samples} workflows)`,
    );
  }
  return `${lines.join('\n')}\n`;
}
