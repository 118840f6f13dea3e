import { Gauge, type Registry } from 'prom-client';
import { type FleetRoom, fleetRoom, type HostRoom, roomOf, type sizesOf } from '#domain/host-room.ts';
import type { HostPromises } from '#prisma/host-promises.ts';

/** What room on hosts is counted from. */
export interface HostFigures {
  hosts: HostPromises[];
  sizes: ReturnType<typeof sizesOf>;
  policy: { cpuOvercommit: number; warnPercent: number };
}

const PARTS = ['capacity', 'promised', 'free'] as const;

/** Gauges of what hosts may promise, have promised and have left, and the one to alarm on: `leasehold_next_host_needed`. */
export function measureRoom(registers: Registry[], read: () => Promise<HostFigures>): void {
  let asked: { at: number; rooms: Promise<Rooms | null> } | undefined;

  /** All gauges of one look. Without PostgreSQL the other figures still count. */
  function rooms(): Promise<Rooms | null> {
    const at = Date.now();
    if (!asked || at - asked.at > 1_000)
      asked = {
        at,
        rooms: read()
          .then(roomsOf)
          .catch(() => null),
      };
    return asked.rooms;
  }

  for (const part of PARTS) {
    const meaning = { capacity: 'may be promised', promised: 'is promised', free: 'is left to promise' }[part];
    new Gauge({
      name: `leasehold_host_${part}`,
      help: `What ${meaning} on a host: memory in MB, CPU in percent of one core.`,
      labelNames: ['host', 'resource'] as const,
      registers,
      async collect() {
        this.reset();
        for (const { host, room } of (await rooms())?.hosts ?? []) {
          this.set({ host, resource: 'memory' }, room[part].memoryMb);
          this.set({ host, resource: 'cpu' }, room[part].cpuPercent);
        }
      },
    });
  }
  new Gauge({
    name: 'leasehold_host_room_workspaces',
    help: 'For how many more workspaces a host has room, of the size that a first one has and of the largest of the catalog.',
    labelNames: ['host', 'size'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { host, room } of (await rooms())?.hosts ?? []) {
        this.set({ host, size: 'default' }, room.roomFor.default);
        this.set({ host, size: 'largest' }, room.roomFor.largest);
      }
    },
  });
  new Gauge({
    name: 'leasehold_hosts_full_percent',
    help: 'Of what all hosts that are in use may promise, what is promised: memory or CPU, whichever is scarcer.',
    registers,
    async collect() {
      this.set((await rooms())?.fleet.fullPercent ?? Number.NaN);
    },
  });
  new Gauge({
    name: 'leasehold_next_host_needed',
    help: '1 from LEASEHOLD_CAPACITY_WARN_PERCENT on: add a host before a customer is refused.',
    registers,
    async collect() {
      const found = await rooms();
      this.set(found ? Number(found.fleet.need !== null) : Number.NaN);
    },
  });
}

interface Rooms {
  hosts: { host: string; room: HostRoom }[];
  fleet: FleetRoom;
}

function roomsOf({ hosts, sizes, policy }: HostFigures): Rooms {
  const offers = hosts.map((host) => ({ ...host, labels: {} }));
  return {
    hosts: offers.map((host) => ({ host: host.id, room: roomOf(host, sizes, policy) })),
    fleet: fleetRoom(offers, sizes, new Date().toISOString(), policy),
  };
}
