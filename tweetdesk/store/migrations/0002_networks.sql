-- The ledger counts money as well, in millionths of a dollar, and resources of any kind.
ALTER TABLE ledger RENAME COLUMN posts TO resources;
ALTER TABLE ledger ADD COLUMN micros INTEGER NOT NULL DEFAULT 0;

-- What an account's network wanted remembered (what its server can do, for example).
CREATE TABLE network_notes (
  account TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (account, key)
) WITHOUT ROWID;

-- `item_account` is the account that has the item: an act can be another account's. `page` is where an act that was
-- handed off is to be done.
ALTER TABLE outbox ADD COLUMN item_account TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN page TEXT NOT NULL DEFAULT '';
UPDATE outbox SET item_account = account;
DROP INDEX outbox_unsettled;
CREATE INDEX outbox_unsettled ON outbox (item_account, item, id)
  WHERE state IN ('held', 'queued', 'sending', 'unsure', 'handed off');

-- A mute can end by itself.
ALTER TABLE hidden ADD COLUMN until INTEGER;
