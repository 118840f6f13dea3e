-- When an account's workflow acts next by itself, in the account's own time (as "saved_at" is).
ALTER TABLE "account" ADD COLUMN "next_deadline" TIMESTAMPTZ(3);

CREATE INDEX "account_next_deadline_idx" ON "account"("next_deadline");

-- What PostgreSQL refuses for what it says. The account goes on without it; support settles it.
CREATE TABLE "set_aside" (
    "id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "what" TEXT NOT NULL,
    "about" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "set_aside_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "set_aside_what" CHECK ("what" IN ('account', 'workspace', 'placements', 'timeline-entry', 'events', 'text', 'billing'))
);

CREATE INDEX "set_aside_open" ON "set_aside"("at") WHERE "settled_at" IS NULL;
CREATE INDEX "set_aside_account_id_idx" ON "set_aside"("account_id");
