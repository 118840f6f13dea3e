-- When an account is due on the wall clock: its own clock differs from it by "saved_at" - "updated_at". An interval, as
-- PostgreSQL takes no sum of an instant and an interval into an index.
DROP INDEX "account_next_deadline_idx";
CREATE INDEX "account_due" ON "account"((("next_deadline" - "saved_at") + ("updated_at" - '2000-01-01 00:00:00+00'::timestamptz)));

-- What was forwarded and not acted on: small however long the log of events grows.
CREATE INDEX "stripe_event_not_acted_on" ON "stripe_event"("account_id", "received_at") WHERE (acted_at IS NULL AND account_id IS NOT NULL);
