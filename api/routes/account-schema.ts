import { z } from '@hono/zod-openapi';
import { WORKSPACE_STATUSES } from '#domain/account-view.ts';

export const instant = z.string().openapi({ description: 'UTC, ISO 8601.', example: '2026-03-08T06:59:59.000Z' });
export const sizeSchema = z.object({
  memoryMb: z.number(),
  cpuPercent: z.number().openapi({ description: 'Percent of one core.' }),
  storageMb: z.number(),
});

function explained<T extends z.ZodType>(value: T) {
  return z.object({
    value,
    because: z
      .string()
      .openapi({ description: 'For people: where it comes from.', example: '2 GB = PRO 1 GB + MICRO 1 GB' }),
  });
}

const amount = explained(z.number().openapi({ description: '-1 is unlimited.' }));

export const entitlementsSchema = z
  .object({
    planId: z.string(),
    pool: z
      .object({
        memoryMb: amount,
        cpuPercent: amount,
        storageMb: amount,
        workspaces: amount,
        bandwidthGb: amount.optional(),
      })
      .nullable()
      .openapi({ description: 'What all workspaces may use together. Null: no workspaces.' }),
    limits: z.record(
      z.string(),
      amount.extend({ per: z.enum(['month', 'standing']), mode: z.enum(['block', 'track']) }),
    ),
    features: z.record(z.string(), explained(z.union([z.boolean(), z.string()]))),
  })
  .openapi('Entitlements');

const addOnSchema = z
  .object({
    addOnId: z.string(),
    name: z.string(),
    quantity: z.number().int(),
    status: z.enum(['active', 'trialing', 'grace', 'unpaid', 'paused']),
    currentPeriodEnd: instant,
    endsAt: instant.nullable(),
    graceEndsAt: instant.nullable().openapi({ description: 'When it stops giving unless it is paid.' }),
  })
  .openapi('AddOn');

/** A workspace that another plan is too small for. */
export const misfitSchema = z.object({
  workspaceId: z.string(),
  name: z.string(),
  from: sizeSchema.nullable(),
  to: sizeSchema.nullable().openapi({ description: 'Null: there is no room for it.' }),
  note: z.string(),
});

export const plannedChangeSchema = z
  .object({ plan: z.object({ id: z.string(), name: z.string() }), at: instant, misfits: z.array(misfitSchema) })
  .nullable()
  .openapi({ description: 'A change of plan that comes by itself.' });

export const workspaceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    hostId: z.string(),
    status: z.enum(WORKSPACE_STATUSES),
    since: instant.nullable().openapi({ description: 'Since when it has this status, as far as is known.' }),
    expectedBy: instant
      .nullable()
      .openapi({ description: 'When a status that passes should have passed; null for one that stays.' }),
    overdue: z
      .string()
      .nullable()
      .openapi({ description: 'For people: it takes longer than it should, and what happens next.' }),
    nextTryAt: instant.nullable().openapi({ description: 'When it is tried again by itself.' }),
    reason: z.string().nullable(),
    note: z
      .string()
      .nullable()
      .openapi({ description: 'Something to know about one that runs: it is short of storage or of memory.' }),
    deleteAt: instant.nullable().openapi({ description: 'When its data is deleted; until then it can be taken back.' }),
    storage: z
      .object({ usedMb: z.number(), limitMb: z.number() })
      .nullable()
      .openapi({ description: 'What its host measured last.' }),
    storageLimit: z.enum(['hard', 'soft']).nullable().openapi({
      description:
        'hard: the kernel keeps the limit; soft: it is measured, and passed by a tenth it stops the workspace.',
    }),
    ownerWants: z.enum(['running', 'stopped']),
    size: sizeSchema.openapi({ description: 'The size in force.' }),
    pendingSize: sizeSchema
      .nullable()
      .openapi({ description: 'The size that waits for room on the host, or null; `reason` says why.' }),
    containerId: z.string().nullable(),
    canStart: z.boolean(),
    canStop: z.boolean(),
    canRestart: z.boolean(),
    canRecover: z.boolean().openapi({ description: 'From a failure, a crash loop, or a stop for storage.' }),
    canRename: z.boolean(),
    canResize: z.boolean(),
    canDelete: z.boolean(),
    canRestore: z.boolean(),
    move: z
      .object({ stage: z.enum(['planned', 'moving']), at: instant, latestAt: instant, reason: z.string() })
      .nullable()
      .openapi({
        description: 'It has to move to another host, at `at`; until `latestAt` its owner chooses. Null when it stays.',
      }),
  })
  .openapi('Workspace');

export const incidentSchema = z
  .object({
    at: instant,
    kind: z.enum(['crashed', 'crash-looping', 'out-of-memory', 'not-healthy', 'storage']),
    exitCode: z.number().nullable(),
    outOfMemory: z.boolean(),
    lastLines: z.array(z.string()).openapi({ description: 'What it wrote last, oldest first.' }),
  })
  .openapi('Incident');

export const liveWorkspaceSchema = z
  .object({
    workspaceId: z.string(),
    at: instant.openapi({ description: "When they were taken, by the host's clock." }),
    status: z.enum(['running', 'stopped', 'absent']),
    containerId: z.string().nullable(),
    uptimeSeconds: z.number(),
    memoryUsedMb: z.number().openapi({ description: 'Without cache that can simply be dropped.' }),
    memoryLimitMb: z.number(),
    memoryOfLimitPercent: z.number(),
    cpuPercent: z.number().openapi({ description: 'Percent of one core.' }),
    cpuLimitPercent: z.number().openapi({ description: 'Percent of one core that is allowed.' }),
    cpuOfLimitPercent: z.number().openapi({ description: '100: all that is allowed.' }),
    health: z.enum(['starting', 'healthy', 'unhealthy', 'none']),
  })
  .openapi('LiveWorkspace');

export const accountSchema = z
  .object({
    accountId: z.string(),
    version: z.number().int().openapi({ description: 'Grows with every change.' }),
    now: instant,
    audience: z.enum(['personal', 'organisation']),
    plan: z.object({
      id: z.string(),
      name: z.string(),
      size: sizeSchema
        .extend({ workspaces: z.number(), bandwidthGb: z.number().optional() })
        .nullable()
        .openapi({ description: 'All of the pool, add-ons included; -1 is unlimited. Null: no workspaces.' }),
    }),
    entitlements: entitlementsSchema,
    addOns: z.array(addOnSchema),
    standing: z.enum(['free', 'incomplete', 'trialing', 'active', 'grace', 'paused', 'suspended', 'canceled']),
    standingSince: instant,
    subscription: z
      .object({
        id: z.string(),
        status: z.string(),
        planId: z.string(),
        currentPeriodStart: instant,
        currentPeriodEnd: instant,
        cancelAt: instant.nullable(),
        trialEnd: instant.nullable(),
        collectionPaused: z.boolean().openapi({ description: 'Stripe collects nothing for it at present.' }),
      })
      .nullable(),
    plannedChange: plannedChangeSchema,
    duplicates: z
      .array(z.object({ subscriptionId: z.string(), planName: z.string(), foundAt: instant }))
      .openapi({ description: 'Second subscriptions to a plan, which are being ended and given back.' }),
    paymentMethod: z
      .object({ brand: z.string(), last4: z.string(), expMonth: z.number(), expYear: z.number() })
      .nullable(),
    debt: z
      .object({
        invoiceId: z.string(),
        amountCents: z.number().int(),
        currency: z.string(),
        payUrl: z.string().nullable(),
        nextAttemptAt: instant.nullable(),
      })
      .nullable(),
    closing: z
      .object({ stage: z.enum(['canceling', 'retained', 'deleting']), deleteAt: instant.nullable() })
      .nullable()
      .openapi({ description: 'The owner is leaving. `deleteAt` is known once nothing is charged any more.' }),
    holds: z.array(
      z.object({
        name: z.enum(['billing', 'closing', 'admin', 'dispute', 'quota']),
        since: instant,
        reason: z.string(),
        automatic: z.literal(true).optional().openapi({ description: 'It goes with what caused it at Stripe.' }),
      }),
    ),
    upcoming: z
      .array(
        z.object({
          at: instant,
          kind: z.enum([
            'renewal',
            'ends',
            'trial-ends',
            'reminder',
            'suspend',
            'cancel',
            'deletion-warning',
            'delete',
            'payment-retry',
            'add-on-ends',
            'add-on-suspends',
            'grant-ends',
            'plan-changes',
            'first-payment-expires',
            'workspace-moves',
          ]),
          text: z.string(),
        }),
      )
      .openapi({ description: 'What happens next, earliest first.' }),
    workspaces: z.array(workspaceSchema),
    source: z.enum(['live', 'read-model']),
    ageSeconds: z.number().openapi({ description: 'Seconds since this was true; 0 when live.' }),
    billingIsOn: z.boolean().openapi({ description: 'When it is off, nothing can be bought or paid here.' }),
  })
  .openapi('Account');
