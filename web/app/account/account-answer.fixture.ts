import type { AccountAnswer, WorkspaceView } from '#api/answers.ts';

/** 5 March 2026, 12:00 UTC. */
export const NOW = '2026-03-05T12:00:00.000Z';

const SIZE = { memoryMb: 512, cpuPercent: 50, storageMb: 5120 };

export function workspaceView(changes: Partial<WorkspaceView> = {}): WorkspaceView {
  return {
    id: 'ws-1',
    name: 'main',
    hostId: 'local',
    status: 'running',
    reason: null,
    ownerWants: 'running',
    size: SIZE,
    pendingSize: null,
    containerId: 'c0ffee',
    canStart: false,
    canStop: true,
    move: null,
    since: NOW,
    expectedBy: null,
    overdue: null,
    nextTryAt: null,
    note: null,
    deleteAt: null,
    storage: null,
    storageLimit: null,
    canRestart: true,
    canRecover: false,
    canRename: true,
    canResize: true,
    canDelete: true,
    canRestore: false,
    ...changes,
  };
}

/** An account in good standing, but for what is changed. */
export function accountAnswer(changes: Partial<AccountAnswer> = {}): AccountAnswer {
  return {
    accountId: 'acc-1',
    version: 7,
    now: NOW,
    audience: 'personal',
    plan: { id: 'starter', name: 'Starter', size: { ...SIZE, workspaces: 1 } },
    entitlements: { planId: 'starter', pool: null, limits: {}, features: {} },
    addOns: [],
    standing: 'active',
    standingSince: '2026-02-01T12:00:00.000Z',
    subscription: null,
    plannedChange: null,
    duplicates: [],
    paymentMethod: { brand: 'visa', last4: '4242', expMonth: 3, expYear: 2028 },
    debt: null,
    holds: [],
    closing: null,
    upcoming: [],
    workspaces: [workspaceView()],
    source: 'live',
    ageSeconds: 0,
    billingIsOn: true,
    ...changes,
  };
}
