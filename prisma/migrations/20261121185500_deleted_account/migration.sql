-- CreateTable
CREATE TABLE "deleted_account" (
    "id" TEXT NOT NULL,
    "stripe_customer_id" TEXT,
    "deleted_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "deleted_account_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "deleted_account_stripe_customer_id_key" ON "deleted_account"("stripe_customer_id");
