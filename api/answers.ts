import type { LiveWorkspace, LogLine } from '#activities/contracts.ts';
import type { Debt } from '#domain/account-state.ts';
import type { AccountView as KnownView, WorkspaceStatus, WorkspaceView } from '#domain/account-view.ts';
import type { SizePreview } from '#domain/size-preview.ts';
import type { Happened, HappenedKind, Upcoming, UpcomingKind } from '#domain/timeline.ts';
import type { UsagePeriod } from '#domain/usage-period.ts';
import type { ExecutionCount, RecordedExecution } from './workspaces/executions.ts';

/** What the API answers: all that its clients know of us. The web imports these types and nothing else. */
export type {
  AddOnOfferAnswer,
  Changed,
  DisputeAnswer,
  Ending,
  Fit,
  HeldMethod,
  InvoiceAnswer,
  MayTakeAnswer,
  OffersAnswer,
  OpenedCheckout,
  PaidInvoice,
  PlanOfferAnswer,
  Preview,
  PreviewLine,
  RefundAnswer,
  Subscribed,
  SubscriptionAnswer,
  UsageAnswer,
} from './billing/answers.ts';
export type { Happened, HappenedKind, LiveWorkspace, Upcoming, UpcomingKind, WorkspaceStatus, WorkspaceView };

/** What will be charged. */
export interface PaymentMethodAnswer {
  brand: string;
  last4: string;
  expMonth: number;
  expYear: number;
}

/** A view of an account, with what only the read model holds. */
export type AccountView = Omit<KnownView, 'debt'> & {
  paymentMethod: PaymentMethodAnswer | null;
  /** `payUrl`: Stripe's page where it can be paid. */
  debt: (Debt & { payUrl: string | null }) | null;
};

/** `GET /api/v1/accounts/:accountId`. `now` is the account's own time at the answer, also when the view is an older one. */
export type AccountAnswer = AccountView & {
  /** `live`: asked of the workflow. `read-model`: it did not answer in time, this is what was saved last. */
  source: 'live' | 'read-model';
  /** Seconds since the view was saved; 0 when it is live. */
  ageSeconds: number;
  /** Off: there is no key of Stripe here, so nothing can be bought or paid. */
  billingIsOn: boolean;
};

/** `GET /api/v1/accounts/:accountId/timeline`. */
export interface TimelineAnswer {
  /** Newest first, 200 at most. */
  entries: Happened[];
}

/** Something that went wrong in a workspace. Its lines are its owner's own. */
export interface IncidentAnswer {
  /** UTC, ISO 8601; wall time. */
  at: string;
  kind: 'crashed' | 'crash-looping' | 'out-of-memory' | 'not-healthy' | 'storage';
  exitCode: number | null;
  outOfMemory: boolean;
  /** What it wrote last, oldest first. */
  lastLines: string[];
}

/** `GET /api/v1/workspaces/:id/size-preview`. */
export type SizePreviewAnswer = SizePreview;

/** `GET /api/v1/workspaces/:id`. */
export type WorkspaceAnswer = WorkspaceView & {
  /** The newest one, or `null`. */
  incident: IncidentAnswer | null;
  /** The host's own figures, or `null` when the host does not answer. */
  live: LiveWorkspace | null;
};

/** `GET /api/v1/workspaces/:id/history`. */
export type { HistoryRange, UsageHistory as UsageHistoryAnswer, UsagePoint } from './workspaces/usage-history.ts';

/** `GET /api/v1/workspaces/:id/logs`. */
export interface LogAnswer {
  /** Oldest first. */
  lines: LogLine[];
}
export type { LogLine };

/** `GET /api/v1/workspaces/:id/executions`. */
export interface ExecutionsAnswer {
  /** What is counted together, the account's own time. */
  period: UsagePeriod;
  total: ExecutionCount;
  by: (ExecutionCount & { at: string })[];
  /** Newest first. */
  recent: RecordedExecution[];
}

/** `POST /api/v1/workspaces/:id/start` and `/stop`, with status 202. */
export interface WishAnswer {
  /** The account's version that holds the wish: the least version to ask for from now on. */
  version: number;
}

/** Body of every error, as `application/problem+json` (RFC 9457). */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  /** For people: what happened and what to do. */
  detail: string;
  /** Stable, for programs. */
  code: string;
  /** Names the request in our logs. */
  requestId: string;
}
