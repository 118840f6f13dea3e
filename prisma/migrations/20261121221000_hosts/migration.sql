-- AlterTable
ALTER TABLE "host" ADD COLUMN     "drain_reason" TEXT,
ADD COLUMN     "drained_at" TIMESTAMPTZ(3),
ADD COLUMN     "labels" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "reconcile_paused" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "version" TEXT NOT NULL DEFAULT '';

-- CreateTable
CREATE TABLE "placement" (
    "workspace_id" TEXT NOT NULL,
    "host_id" TEXT NOT NULL,
    "memory_mb" INTEGER NOT NULL,
    "cpu_percent" INTEGER NOT NULL,
    "reserved_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "confirmed" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "placement_pkey" PRIMARY KEY ("workspace_id","host_id")
);

-- CreateIndex
CREATE INDEX "placement_host_id_idx" ON "placement"("host_id");

-- What is there takes what it was promised.
INSERT INTO "placement" ("workspace_id", "host_id", "memory_mb", "cpu_percent", "confirmed")
SELECT "id", "host_id", "memory_mb", "cpu_percent", true FROM "workspace" WHERE "desired_state" <> 'deleted';
