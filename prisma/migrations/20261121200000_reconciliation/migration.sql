-- AlterTable
ALTER TABLE "stripe_event" ADD COLUMN     "charge_id" TEXT,
ADD COLUMN     "replayed_at" TIMESTAMPTZ(3),
ADD COLUMN     "replays" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "run_id" TEXT,
ADD COLUMN     "source" TEXT NOT NULL DEFAULT 'webhook',
ADD CONSTRAINT "stripe_event_source" CHECK ("source" IN ('webhook', 'reconciliation', 'replay'));

-- CreateTable
CREATE TABLE "reconciliation_run" (
    "id" TEXT NOT NULL,
    "walks" TEXT[],
    "asked_by" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "failure" TEXT,
    "events_listed" INTEGER NOT NULL DEFAULT 0,
    "last_event_id" TEXT,
    "accounts_compared" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "reconciliation_run_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "reconciliation_run_outcome" CHECK ("outcome" IN ('clean', 'repaired', 'left', 'stopped', 'failed'))
);

-- CreateTable
CREATE TABLE "drift" (
    "run_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "here" TEXT NOT NULL,
    "there" TEXT NOT NULL,
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "repaired_at" TIMESTAMPTZ(3),

    CONSTRAINT "drift_pkey" PRIMARY KEY ("run_id","account_id","kind")
);

-- CreateIndex
CREATE INDEX "reconciliation_run_started_at_idx" ON "reconciliation_run"("started_at");

-- CreateIndex
CREATE INDEX "drift_account_id_found_at_idx" ON "drift"("account_id", "found_at");

-- CreateIndex
CREATE INDEX "stripe_event_received_at_idx" ON "stripe_event"("received_at");

-- CreateIndex
CREATE INDEX "stripe_event_run_id_idx" ON "stripe_event"("run_id");

-- CreateIndex
CREATE INDEX "stripe_event_nameless" ON "stripe_event"("received_at") WHERE (customer_id IS NULL AND charge_id IS NOT NULL AND forwarded_at IS NULL);

-- AddForeignKey
ALTER TABLE "stripe_event" ADD CONSTRAINT "stripe_event_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "reconciliation_run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "drift" ADD CONSTRAINT "drift_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "reconciliation_run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "drift" ADD CONSTRAINT "drift_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
