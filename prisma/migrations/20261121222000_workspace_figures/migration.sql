-- CreateTable
CREATE TABLE "workspace_sample" (
    "workspace_id" TEXT NOT NULL,
    "resolution" SMALLINT NOT NULL,
    "at" TIMESTAMPTZ(0) NOT NULL,
    "seconds" SMALLINT NOT NULL,
    "cpu_avg" REAL NOT NULL,
    "cpu_max" REAL NOT NULL,
    "cpu_limit" INTEGER NOT NULL,
    "memory_avg" REAL NOT NULL,
    "memory_max" REAL NOT NULL,
    "memory_limit" INTEGER NOT NULL,
    "network_in" BIGINT NOT NULL,
    "network_out" BIGINT NOT NULL,
    "starts" SMALLINT NOT NULL,

    CONSTRAINT "workspace_sample_pkey" PRIMARY KEY ("workspace_id","resolution","at"),
    CONSTRAINT "workspace_sample_resolution" CHECK ("resolution" IN (10, 60, 900)),
    CONSTRAINT "workspace_sample_never_negative" CHECK (
        "seconds" > 0 AND "cpu_avg" >= 0 AND "cpu_max" >= 0 AND "memory_avg" >= 0 AND "memory_max" >= 0
        AND "network_in" >= 0 AND "network_out" >= 0 AND "starts" >= 0
    )
);

-- CreateTable
CREATE TABLE "execution" (
    "id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "plugin" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "outcome" TEXT NOT NULL DEFAULT 'pending',
    "duration_ms" DOUBLE PRECISION,
    "reason" TEXT,

    CONSTRAINT "execution_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "execution_outcome" CHECK ("outcome" IN ('pending', 'done', 'failed', 'lost'))
);

-- CreateTable
CREATE TABLE "execution_hour" (
    "workspace_id" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(0) NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "lost" INTEGER NOT NULL DEFAULT 0,
    "duration_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "duration_max_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "execution_hour_pkey" PRIMARY KEY ("workspace_id","hour")
);

-- CreateIndex
CREATE INDEX "workspace_sample_resolution_at_idx" ON "workspace_sample"("resolution", "at");

-- CreateIndex
CREATE INDEX "execution_workspace_id_at_idx" ON "execution"("workspace_id", "at");

-- CreateIndex
CREATE INDEX "execution_sent_at_idx" ON "execution"("sent_at");

-- AddForeignKey
ALTER TABLE "workspace_sample" ADD CONSTRAINT "workspace_sample_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution" ADD CONSTRAINT "execution_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "execution_hour" ADD CONSTRAINT "execution_hour_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;
