-- CreateTable
CREATE TABLE "billing_turn" (
    "account_id" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "billing_turn_pkey" PRIMARY KEY ("account_id")
);
