import { Command, InvalidArgumentError } from 'commander';
import type { HostRoom } from '#domain/host-room.ts';
import { DAYS_TO_CHOOSE, LONGEST_DAYS_TO_CHOOSE } from '#domain/moves.ts';
import { countText, sizeText } from '#domain/size-words.ts';
import { type Room, readRoom } from '#platform/read-room.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { drainHost, type HostsDeps, pauseHost, type Told, undrainHost } from '../hosts/drain-host.ts';
import { type HostLine, listHosts } from '../hosts/list-hosts.ts';
import { runningProduct } from '../running-product.ts';
import { textArgument } from '../text-argument.ts';

interface Json {
  json?: boolean;
}

/** `leasehold host`: for operators, the Docker hosts that workspaces live on. */
export function hostCommand(): Command {
  return new Command('host')
    .description('The Docker hosts that workspaces live on.')
    .addCommand(listCommand())
    .addCommand(drainCommand())
    .addCommand(undrainCommand())
    .addCommand(findingsCommand())
    .addCommand(pauseCommand('pause', 'Stop what a host does by itself (restarts, repairs), until resume.', true))
    .addCommand(pauseCommand('resume', 'Let a host restart and repair by itself again.', false));
}

function listCommand(): Command {
  return new Command('list')
    .description('Every host: what it has, what is taken of it, how many workspaces, and how its draining goes.')
    .option('--json', 'print JSON and nothing else')
    .action(({ json }: Json) =>
      withDatabase(async (prisma, env) => {
        const [hosts, room] = await Promise.all([listHosts(prisma), readRoom(prisma, env)]);
        if (json)
          return console.log(
            JSON.stringify(
              hosts.map((host) => ({ ...host, room: room.of(host.id) })),
              null,
              2,
            ),
          );
        console.log(tableOf(hosts, room));
        if (room.fleet.need) console.log(`! ${room.fleet.need}`);
      }),
    );
}

function drainCommand(): Command {
  return new Command('drain')
    .description(
      'Empty a host: nothing new goes there, stopped workspaces move at once, owners of running ones are asked.',
    )
    .argument('<host>', 'id of the host', textArgument('id', 'The id'))
    .option(
      '--reason <text>',
      'why; owners read it',
      textArgument('reason', '--reason'),
      'the machine is being maintained.',
    )
    .option('--within-days <n>', 'days that owners of running workspaces have to choose a time', days, DAYS_TO_CHOOSE)
    .option('--json', 'print JSON and nothing else')
    .action((hostId: string, { json, ...options }: Json & { reason: string; withinDays: number }) =>
      withProduct(async (deps) => {
        const told = await drainHost(deps, hostId, options);
        report(told, json, `${told.told} workspaces leave host ${hostId}. \`leasehold host list\` shows how it goes.`);
      }),
    );
}

function undrainCommand(): Command {
  return new Command('undrain')
    .description('Take a host into use again. Moves that have begun go on; the others are not made.')
    .argument('<host>', 'id of the host', textArgument('id', 'The id'))
    .option('--json', 'print JSON and nothing else')
    .action((hostId: string, { json }: Json) =>
      withProduct(async (deps) => {
        const told = await undrainHost(deps, hostId);
        report(told, json, `Host ${hostId} is in use again; ${told.told} workspaces live there.`);
      }),
    );
}

function pauseCommand(name: string, description: string, paused: boolean): Command {
  return new Command(name)
    .description(description)
    .argument('<host>', 'id of the host', textArgument('id', 'The id'))
    .action((hostId: string) =>
      withDatabase(async (prisma) => {
        await pauseHost(prisma, hostId, paused);
        const what = paused ? 'changes nothing by itself until it is resumed' : 'restarts and repairs by itself again';
        console.log(`Host ${hostId} ${what}.`);
      }),
    );
}

function findingsCommand(): Command {
  return new Command('findings')
    .description(
      'What hosts have that nobody answers for: with our labels and unknown, or with a name of ours and foreign.',
    )
    .option('--all', 'also what is gone by now')
    .option('--json', 'print JSON and nothing else')
    .action(({ all, json }: Json & { all?: boolean }) =>
      withDatabase(async (prisma) => {
        const found = await prisma.hostFinding.findMany({
          where: all ? {} : { goneAt: null },
          orderBy: [{ hostId: 'asc' }, { foundAt: 'asc' }],
        });
        if (json) return console.log(JSON.stringify(found, null, 2));
        for (const { hostId, what, kind, name, foundAt, quarantine, goneAt } of found) {
          const done = goneAt ? 'gone' : quarantine ? `stopped, now ${quarantine}` : 'left alone';
          console.log(`${hostId}  ${foundAt.toISOString().slice(0, 16)}  ${what} ${kind} ${name}: ${done}`);
        }
        if (found.length === 0) console.log('Nothing: somebody answers for all that our hosts have.');
      }),
    );
}

/** Exit status 1 when somebody could not be told. */
function report(told: Told, json: boolean | undefined, sentence: string): void {
  if (json) console.log(JSON.stringify(told, null, 2));
  else {
    console.log(sentence);
    for (const { workspaceId, why } of told.untold) console.log(`  NOT TOLD: ${workspaceId}: ${why}`);
    if (told.coming > 0) console.log(`  ${told.coming} workspaces are still coming to be there.`);
    if (told.untold.length + told.coming > 0) console.log('  Run the command again in a minute.');
  }
  if (told.untold.length > 0) process.exitCode = 1;
}

async function withDatabase(
  use: (prisma: PrismaClient, env: Record<string, string | undefined>) => Promise<void>,
): Promise<void> {
  const env = await runningProduct(['DATABASE_URL']);
  const prisma = createPrisma(env.DATABASE_URL, { maxConnections: 3 });
  try {
    await use(prisma, env);
  } finally {
    await prisma.$disconnect();
  }
}

async function withProduct(use: (deps: HostsDeps) => Promise<void>): Promise<void> {
  const env = await runningProduct(['DATABASE_URL', 'TEMPORAL_ADDRESS']);
  const client = await connectTemporal(env);
  try {
    await withDatabase((prisma) => use({ prisma, client }));
  } finally {
    await client.connection.close();
  }
}

function tableOf(hosts: HostLine[], room: Room): string {
  const head = [
    'HOST',
    'STATE',
    'MEMORY',
    'RESERVED',
    'FREE',
    'CPU',
    'RESERVED',
    'OF',
    'ROOM FOR',
    'RUN',
    'STOPPED',
    'SEEN',
    'VERSION',
    'LABELS',
  ];
  const rows = hosts.map((host) => [
    host.id,
    stateOf(host),
    `${countText(host.memoryMb)} MB`,
    `${countText(host.reserved.memoryMb)} MB`,
    `${countText(host.freeMemoryMb)} MB`,
    sizeText('cpuPercent', host.cpuPercent),
    sizeText('cpuPercent', host.reserved.cpuPercent),
    sizeText('cpuPercent', room.of(host.id)?.capacity.cpuPercent ?? 0),
    roomText(room.of(host.id)),
    String(host.workspaces.running),
    String(host.workspaces.stopped),
    host.isPresent ? 'now' : host.seenAt.slice(0, 16).replace('T', ' '),
    host.version || '?',
    Object.entries(host.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const drained = hosts.flatMap(({ id, drainedAt, drainReason, moves }) =>
    drainedAt === null
      ? []
      : [
          `${id} is being emptied since ${drainedAt.slice(0, 16).replace('T', ' ')} UTC (${drainReason ?? 'no reason given'}): ${moves.moving} on their way, ${moves.planned} waiting for their time.`,
        ],
  );
  return [...lines, ...drained].join('\n');
}

/** How many more workspaces of the default size, and of the largest of the catalog. */
function roomText(room: HostRoom | undefined): string {
  return room ? `${room.roomFor.default} (${room.roomFor.largest} of the largest)` : '?';
}

function stateOf({ isPresent, drainedAt, reconcilePaused, workspaces }: HostLine): string {
  const isEmpty = workspaces.running + workspaces.stopped === 0;
  const state = drainedAt === null ? 'in use' : isEmpty ? 'empty' : 'draining';
  return `${isPresent ? state : `${state}, silent`}${reconcilePaused ? ', paused' : ''}`;
}

function days(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > LONGEST_DAYS_TO_CHOOSE)
    throw new InvalidArgumentError(`Give a whole number from 0 to ${LONGEST_DAYS_TO_CHOOSE}.`);
  return value;
}
