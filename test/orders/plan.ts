import { SeededRandom } from '#test/scenarios/seeded-random.ts';

/** Activities whose end a message may meet. Those that run inside a workflow task are held in mid-work instead. */
export const LOCAL_ACTIVITIES = ['readBilling', 'saveAccount', 'loadAccount', 'claimCustomer'] as const;
export const ORDINARY_ACTIVITIES = [
  'convergeWorkspace',
  'sendMail',
  'reserveForMove',
  'receiveWorkspace',
  'removeLeftOver',
  'endDuplicate',
  'endAddOn',
  'cancelSubscription',
  'endBilling',
  'deleteAccount',
] as const;
export const ACTIVITIES = [...LOCAL_ACTIVITIES, ...ORDINARY_ACTIVITIES] as const;
export type ActivityName = (typeof ACTIVITIES)[number];

export function isLocal(activity: ActivityName): boolean {
  return (LOCAL_ACTIVITIES as readonly string[]).includes(activity);
}

/** Every Update and signal of an account's workflow. */
export const MESSAGES = [
  'billingHints',
  'hostReports',
  'startFreshRun',
  'wishWorkspace',
  'createWorkspace',
  'restartWorkspace',
  'recoverWorkspace',
  'renameWorkspace',
  'resizeWorkspace',
  'restoreWorkspace',
  'deleteWorkspace',
  'placeHold',
  'liftHold',
  'grantOverride',
  'withdrawOverride',
  'extendGrace',
  'moveWorkspace',
  'chooseMoveTime',
  'cancelMove',
  'linkCustomer',
  'closeAccount',
  'keepAccount',
] as const;
export type MessageName = (typeof MESSAGES)[number];

/**
 * How a message arrives around the end of an activity. `same-…`: both in one workflow task, in either order, of a worker that has the
 * workflow in its cache. `no-worker-…`: both while no worker polls, so one that knows nothing gets them in one task. `frozen`: both while
 * the server is stopped by SIGSTOP. `killed`: the worker is killed with -9 at once after both.
 */
export const ARRIVALS = [
  'before',
  'after',
  'same-message-first',
  'same-end-first',
  'no-worker-message-first',
  'no-worker-end-first',
  'frozen',
  'killed',
] as const;
export type Arrival = (typeof ARRIVALS)[number];

export interface Round {
  activity: ActivityName;
  message: MessageName;
  arrival: Arrival;
}

/** What happens to one account. */
export interface Plan {
  seed: number;
  /** It has no customer at Stripe when it is opened. */
  withoutCustomer: boolean;
  rounds: Round[];
}

export const ROUNDS = 4;
/** Seeds with the same remainder meet the same disturbances of worker and server, so they can share both. */
export const CLASSES = ARRIVALS.length;

/** Activities that end what others need: an account meets them in its last round alone. */
const LAST_ONLY: readonly ActivityName[] = ['endBilling', 'cancelSubscription', 'endAddOn', 'deleteAccount'];

/** Activities that any account can meet at any time. */
const AT_ANY_TIME: readonly ActivityName[] = ACTIVITIES.filter(
  (each) => !LAST_ONLY.includes(each) && each !== 'claimCustomer',
);

/** The plan of a seed: the same on every machine. The arrivals of its rounds follow from `seed % CLASSES` alone. */
export function planOf(seed: number): Plan {
  const random = new SeededRandom(seed + 1);
  const pick = <T>(list: readonly T[]): T => list[random.between(0, list.length - 1)] as T;
  const withoutCustomer = random.chance(0.3);
  const isOneCached = cachedWorkflowsOf(seed) === 1;
  // A workflow task that is kept open takes the one place in the cache: nobody else would get on.
  const possible = (list: readonly ActivityName[]) => (isOneCached ? list.filter((each) => !isLocal(each)) : list);
  const rounds = arrivalsOf(seed).map((arrival, number): Round => {
    const isLast = number === ROUNDS - 1;
    const round = {
      arrival,
      activity: pick(possible(isLast ? [...AT_ANY_TIME, ...LAST_ONLY] : AT_ANY_TIME)),
      message: pick(MESSAGES),
    };
    if (number > 0 || !withoutCustomer) return round;
    // Its customer comes now: as what meets an activity, or as what is met.
    if (isOneCached || random.chance(0.5)) return { ...round, message: 'linkCustomer', activity: 'convergeWorkspace' };
    return { ...round, activity: 'claimCustomer' };
  });
  return { seed, withoutCustomer, rounds };
}

function arrivalsOf(seed: number): Arrival[] {
  const drawn = Array.from({ length: ROUNDS }, (_, round) => ARRIVALS[(seed + round * 3) % CLASSES] as Arrival);
  return cachedWorkflowsOf(seed) === 1 ? drawn.map((each) => (each.startsWith('same-') ? 'frozen' : each)) : drawn;
}

/** Caches of one workflow and of the worker's default, alternating by seed. */
export function cachedWorkflowsOf(seed: number): number {
  return Math.floor(seed / CLASSES) % 2 === 0 ? 2_000 : 1;
}

/** In how many messages the order of arrival may tell in the end: what is taken back may be too late. */
export const DECIDED_BY_ORDER: readonly MessageName[] = [
  'cancelMove',
  'chooseMoveTime',
  'moveWorkspace',
  'keepAccount',
  'closeAccount',
  'recoverWorkspace',
  'extendGrace',
];
