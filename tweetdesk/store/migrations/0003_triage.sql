-- Minutes east of UTC of the clock on the wall by which `until` was chosen; NULL for a moment.
ALTER TABLE triage ADD COLUMN "offset" INTEGER;
ALTER TABLE triage_log ADD COLUMN before_offset INTEGER;
ALTER TABLE triage_log ADD COLUMN after_offset INTEGER;

-- What came back: it is open, and says why.
CREATE INDEX triage_back ON triage (account) WHERE state = 'open' AND how <> '';

-- Which decisions went with an act: several, where an item stood for several posts of a thread.
CREATE INDEX triage_log_outbox ON triage_log (outbox) WHERE outbox IS NOT NULL;

-- `follows` is the row of the post before this one in a thread, `thread` that of its first post, `part` the place
-- in it, of `parts`; `later` says that the user chose the time; `offline` that only a dead line keeps it waiting.
-- Which lines of the log went with an act, they say themselves.
ALTER TABLE outbox ADD COLUMN follows INTEGER;
ALTER TABLE outbox ADD COLUMN thread INTEGER;
ALTER TABLE outbox ADD COLUMN part INTEGER NOT NULL DEFAULT 1;
ALTER TABLE outbox ADD COLUMN parts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE outbox ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN offline INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox DROP COLUMN log;
CREATE INDEX outbox_thread ON outbox (thread) WHERE thread IS NOT NULL;

-- Posts with these words stay out of the columns.
CREATE TABLE muted_words (
  words TEXT PRIMARY KEY,
  since INTEGER NOT NULL,
  until INTEGER
) WITHOUT ROWID;
