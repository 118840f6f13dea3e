-- What a workspace said of its own duration was stored as it was: 1e308 made the next sum overflow, and no execution of that hour was counted.
UPDATE "execution" SET "duration_ms" = NULL WHERE NOT ("duration_ms" BETWEEN 0 AND 60000);
UPDATE "execution_hour" SET "duration_ms" = 0 WHERE NOT ("duration_ms" BETWEEN 0 AND 1e15);
UPDATE "execution_hour" SET "duration_max_ms" = 0 WHERE NOT ("duration_max_ms" BETWEEN 0 AND 60000);
ALTER TABLE "execution" ADD CONSTRAINT "execution_duration_ms_check" CHECK ("duration_ms" BETWEEN 0 AND 60000);
ALTER TABLE "execution_hour"
  ADD CONSTRAINT "execution_hour_duration_ms_check" CHECK ("duration_ms" BETWEEN 0 AND 1e15),
  ADD CONSTRAINT "execution_hour_duration_max_ms_check" CHECK ("duration_max_ms" BETWEEN 0 AND 60000);
