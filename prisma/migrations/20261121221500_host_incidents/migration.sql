-- CreateTable
CREATE TABLE "workspace_incident" (
    "id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "exit_code" INTEGER,
    "out_of_memory" BOOLEAN NOT NULL DEFAULT false,
    "last_lines" TEXT[],

    CONSTRAINT "workspace_incident_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "workspace_incident_kind" CHECK ("kind" IN ('crashed', 'crash-looping', 'out-of-memory', 'not-healthy', 'storage'))
);

-- CreateTable
CREATE TABLE "host_finding" (
    "id" TEXT NOT NULL,
    "host_id" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "workspace_id" TEXT,
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "quarantine" TEXT,
    "gone_at" TIMESTAMPTZ(3),

    CONSTRAINT "host_finding_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "host_finding_what" CHECK ("what" IN ('unknown', 'foreign')),
    CONSTRAINT "host_finding_kind" CHECK ("kind" IN ('container', 'network', 'volume'))
);

-- CreateIndex
CREATE INDEX "workspace_incident_workspace_id_at_idx" ON "workspace_incident"("workspace_id", "at");

-- CreateIndex
CREATE INDEX "host_finding_host_id_gone_at_idx" ON "host_finding"("host_id", "gone_at");

-- AddForeignKey
ALTER TABLE "workspace_incident" ADD CONSTRAINT "workspace_incident_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;
