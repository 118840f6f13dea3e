-- CreateTable
CREATE TABLE "sign_up" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "password" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sign_up_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "sign_up_email_created_at_idx" ON "sign_up"("email", "created_at");

-- CreateIndex
CREATE INDEX "sign_up_created_at_idx" ON "sign_up"("created_at");

-- Who has signed up and not confirmed the address yet is no user any more: whoever confirms it decides the password.
WITH "unconfirmed" AS (
    DELETE FROM "user" USING "credential"
    WHERE "credential"."user_id" = "user"."id" AND "credential"."provider_id" = 'credential' AND "credential"."password" IS NOT NULL
      AND NOT "user"."email_verified"
      AND NOT EXISTS (SELECT FROM "account" WHERE "account"."user_id" = "user"."id")
      AND NOT EXISTS (SELECT FROM "member" WHERE "member"."user_id" = "user"."id")
    RETURNING "user"."id", "user"."email", "user"."name", "credential"."password"
)
INSERT INTO "sign_up" ("id", "email", "name", "password") SELECT "id", lower("email"), "name", "password" FROM "unconfirmed";
