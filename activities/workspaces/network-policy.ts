import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Others change the tables too: their lock is waited for, in seconds. */
const WAIT = ['-w', '10'];
/** Where iptables is; an ordinary PATH may lack it. */
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];
/** Addresses that are no part of the internet: other machines of the operator, and the cloud's metadata service. */
const PRIVATE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
];

/** What a workspace may reach beside itself: the public internet, whatever the host has a route to, or nothing. */
export const EGRESS = ['internet', 'any', 'none'] as const;
export type Egress = (typeof EGRESS)[number];

export interface NetworkPolicy {
  /** IPv4 block of all the workspaces' networks of this host. */
  subnetPool: string;
  egress: Egress;
}

/** The host's packet filter can't be set from here: the message says why, for operators. */
export class NetworkPolicyUnenforced extends Error {
  override readonly name = 'NetworkPolicyUnenforced';
}

/**
 * Sets the packet filter of this machine so that a workspace reaches no other one, and nothing that listens on an address of
 * this host, the bridge's own included; and that nobody but this host opens a connection to a workspace. Answers to
 * connections that the host opened pass. Idempotent, and in force at once for networks that exist and for those to come:
 * the rules go by the pool of addresses. Containers can't send from another address, they lack the capability.
 *
 * Throws `NetworkPolicyUnenforced` without root or iptables, and where the engine is on another machine.
 *
 * @param dockerHost of the engine: only one that is reached by a socket is on this machine
 */
export async function enforceNetworkPolicy(policy: NetworkPolicy, dockerHost: string): Promise<void> {
  if (!dockerHost.startsWith('unix://')) {
    throw new NetworkPolicyUnenforced(
      'The engine is reached over the network: the rules belong on its machine, where its worker should run.',
    );
  }
  if (process.getuid?.() !== 0)
    throw new NetworkPolicyUnenforced('Only root may set the rules: run the worker as root.');
  const resolvers = await nameservers();
  try {
    await restore(ruleset(policy, resolvers));
    const { fromWorkspaces, toHost, toWorkspaces } = chains(policy.subnetPool);
    const forward = (await succeeds(['-S', 'DOCKER-USER'])) ? 'DOCKER-USER' : 'FORWARD';
    await jump('INPUT', ['-s', policy.subnetPool, '-j', toHost]);
    await jump(forward, ['-s', policy.subnetPool, '-j', fromWorkspaces]);
    await jump(forward, ['-d', policy.subnetPool, '-j', toWorkspaces]);
  } catch (cause) {
    throw new NetworkPolicyUnenforced(
      `iptables can't set the rules: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
      },
    );
  }
}

/** Takes the rules of a pool away. For platforms that are stopped: what keeps running is open from then on. */
export async function removeNetworkPolicy(subnetPool: string): Promise<void> {
  const { fromWorkspaces, toHost, toWorkspaces } = chains(subnetPool);
  const jumps = [
    ['INPUT', '-s', subnetPool, '-j', toHost],
    ...['DOCKER-USER', 'FORWARD'].flatMap((chain) => [
      [chain, '-s', subnetPool, '-j', fromWorkspaces],
      [chain, '-d', subnetPool, '-j', toWorkspaces],
    ]),
  ];
  for (const each of jumps) while (await succeeds(['-D', ...each]));
  for (const chain of [toHost, fromWorkspaces, toWorkspaces]) {
    await succeeds(['-F', chain]);
    await succeeds(['-X', chain]);
  }
}

/**
 * The chains of a policy as `iptables-restore --noflush` takes them: replaced as a whole, at once.
 *
 * @param resolvers name servers that workspaces may ask even where they are no part of the internet
 */
export function ruleset({ subnetPool, egress }: NetworkPolicy, resolvers: string[]): string {
  const { fromWorkspaces, toHost, toWorkspaces } = chains(subnetPool);
  const answers = '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN';
  const outside: Record<Egress, string[]> = {
    any: [],
    none: ['-j DROP'],
    internet: [
      ...resolvers.flatMap((address) =>
        ['udp', 'tcp'].map((protocol) => `-d ${address}/32 -p ${protocol} --dport 53 -j RETURN`),
      ),
      ...PRIVATE.map((block) => `-d ${block} -j DROP`),
    ],
  };
  const rules = [
    `:${toHost} - [0:0]`,
    `:${fromWorkspaces} - [0:0]`,
    `:${toWorkspaces} - [0:0]`,
    ...[answers, '-j DROP'].map((rule) => `-A ${toHost} ${rule}`),
    ...[answers, `-d ${subnetPool} -j DROP`, ...outside[egress]].map((rule) => `-A ${fromWorkspaces} ${rule}`),
    ...[answers, '-j DROP'].map((rule) => `-A ${toWorkspaces} ${rule}`),
  ];
  return ['*filter', ...rules, 'COMMIT', ''].join('\n');
}

/** A pool's own chains: names have 28 characters at most. */
function chains(subnetPool: string) {
  const id = createHash('sha256').update(subnetPool).digest('hex').slice(0, 8);
  return { toHost: `LEASEHOLD-HOST-${id}`, fromWorkspaces: `LEASEHOLD-OUT-${id}`, toWorkspaces: `LEASEHOLD-IN-${id}` };
}

/** First in its chain, once. */
async function jump(chain: string, rule: string[]): Promise<void> {
  if (!(await succeeds(['-C', chain, ...rule]))) await iptables(['-I', chain, '1', ...rule]);
}

async function succeeds(args: string[]): Promise<boolean> {
  return iptables(args).then(
    () => true,
    () => false,
  );
}

async function iptables(args: string[]): Promise<void> {
  await run(program('iptables'), [...WAIT, ...args]);
}

function program(name: string): string {
  return FOLDERS.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? name;
}

async function restore(rules: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program('iptables-restore'), [...WAIT, '--noflush'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(said.trim() || `it ended with ${code}`))));
    child.stdin.on('error', () => {});
    child.stdin.end(rules);
  });
}

/** IPv4 name servers of this machine, which the engine hands on to containers. */
async function nameservers(): Promise<string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const address = /^nameserver\s+(\d{1,3}(?:\.\d{1,3}){3})\s*$/.exec(line)?.[1];
    return address && !address.startsWith('127.') ? [address] : [];
  });
}
