-- DropIndex
DROP INDEX "stripe_event_customer_id_idx";

-- CreateIndex
CREATE INDEX "stripe_event_waiting" ON "stripe_event"("customer_id", "received_at") WHERE (forwarded_at IS NULL AND customer_id IS NOT NULL);
