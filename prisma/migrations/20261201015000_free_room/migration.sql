-- Free accounts may have a share of each host together: what is reserved and not stored yet counts too.
ALTER TABLE "placement" ADD COLUMN "is_free" BOOLEAN NOT NULL DEFAULT false;
