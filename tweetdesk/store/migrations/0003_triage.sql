-- Minutes east of UTC of the clock on the wall by which `until` was chosen; NULL for a moment.
ALTER TABLE triage ADD COLUMN "offset" INTEGER;
ALTER TABLE triage_log ADD COLUMN before_offset INTEGER;
ALTER TABLE triage_log ADD COLUMN after_offset INTEGER;

-- Which decisions went with an act: several, where an item stood for several posts of a thread.
CREATE INDEX triage_log_outbox ON triage_log (outbox) WHERE outbox IS NOT NULL;

-- `follows` is the row of the post before this one in a thread; `later` says that the user chose the time.
ALTER TABLE outbox ADD COLUMN follows INTEGER;
ALTER TABLE outbox ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_follows ON outbox (follows) WHERE follows IS NOT NULL;

-- Posts with these words stay out of the columns.
CREATE TABLE muted_words (
  words TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  until INTEGER
) WITHOUT ROWID;
