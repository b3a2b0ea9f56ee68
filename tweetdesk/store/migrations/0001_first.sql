-- Times are microseconds since 1970 (UTC). A post's key is (milliseconds since 1970 << 20) | sequence, so that
-- row ids follow time, also where older posts are filled in later.

CREATE TABLE sources (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '',
  cursor TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL DEFAULT 0,
  until INTEGER,
  why TEXT NOT NULL DEFAULT '',
  UNIQUE (account, kind, words)
);

CREATE TABLE posts (
  key INTEGER PRIMARY KEY,
  server TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  network TEXT NOT NULL,
  author TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seen_by TEXT NOT NULL,
  words TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (server, id)
);
CREATE INDEX posts_conversation ON posts (conversation, key);
CREATE INDEX posts_author ON posts (network, author);

CREATE VIRTUAL TABLE search USING fts5 (
  words, content = 'posts', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER posts_found AFTER INSERT ON posts BEGIN
  INSERT INTO search (rowid, words) VALUES (new.key, new.words);
END;
CREATE TRIGGER posts_lost AFTER DELETE ON posts BEGIN
  INSERT INTO search (search, rowid, words) VALUES ('delete', old.key, old.words);
END;
CREATE TRIGGER posts_reworded AFTER UPDATE OF words ON posts WHEN old.words <> new.words BEGIN
  INSERT INTO search (search, rowid, words) VALUES ('delete', old.key, old.words);
  INSERT INTO search (rowid, words) VALUES (new.key, new.words);
END;

-- What one account has done to a post (liked, reposted ...); no row where it has done nothing.
CREATE TABLE views (
  account TEXT NOT NULL,
  post INTEGER NOT NULL REFERENCES posts (key) ON DELETE CASCADE,
  body TEXT NOT NULL,
  PRIMARY KEY (post, account)
) WITHOUT ROWID;

CREATE TABLE triage (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  item TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'open',
  until INTEGER,
  how TEXT NOT NULL DEFAULT '',
  activity_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, item)
);
CREATE INDEX triage_until ON triage (until) WHERE until IS NOT NULL;

-- One row a move that changed something. `batch` is the id of the first row of one act on several items;
-- `undoes` names the row that this one took back; `outbox` the act that was put into the outbox with it.
CREATE TABLE triage_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  batch INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  account TEXT NOT NULL,
  item TEXT NOT NULL,
  move TEXT NOT NULL,
  act TEXT NOT NULL DEFAULT '',
  before_state TEXT NOT NULL,
  before_until INTEGER,
  before_how TEXT NOT NULL,
  after_state TEXT NOT NULL,
  after_until INTEGER,
  after_how TEXT NOT NULL,
  undoes INTEGER,
  outbox INTEGER
);
CREATE INDEX triage_log_item ON triage_log (account, item, id);
CREATE INDEX triage_log_undoes ON triage_log (undoes) WHERE undoes IS NOT NULL;

-- One post belongs to many sources. `key` is the moment to sort by in that source, shaped like a post's key.
CREATE TABLE memberships (
  source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
  post INTEGER NOT NULL REFERENCES posts (key) ON DELETE CASCADE,
  item INTEGER NOT NULL REFERENCES triage (id),
  key INTEGER NOT NULL,
  hidden INTEGER NOT NULL DEFAULT 0,
  why TEXT NOT NULL DEFAULT '',
  reposter TEXT NOT NULL DEFAULT '',
  reposted_by TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (source, post)
) WITHOUT ROWID;
CREATE INDEX memberships_order ON memberships (source, key, item, hidden);
CREATE INDEX memberships_item ON memberships (item, key);
CREATE INDEX memberships_post ON memberships (post);
CREATE INDEX memberships_reposter ON memberships (reposter) WHERE reposter <> '';

CREATE TABLE identities (
  network TEXT NOT NULL,
  id TEXT NOT NULL,
  handle TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (network, id)
) WITHOUT ROWID;

CREATE TABLE profiles (
  account TEXT NOT NULL,
  network TEXT NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account, network, id)
) WITHOUT ROWID;

CREATE TABLE helped (
  account TEXT NOT NULL,
  network TEXT NOT NULL,
  id TEXT NOT NULL,
  since INTEGER NOT NULL,
  UNIQUE (account, network, id)
);

-- Blocked and muted people: their items stay out of the columns of this account.
CREATE TABLE hidden (
  account TEXT NOT NULL,
  network TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (account, network, id)
) WITHOUT ROWID;

CREATE TABLE touches (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  network TEXT NOT NULL,
  person TEXT NOT NULL,
  at INTEGER NOT NULL,
  direction TEXT NOT NULL,
  kind TEXT NOT NULL,
  post TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX touches_once ON touches (account, network, person, direction, kind, post) WHERE post <> '';
CREATE INDEX touches_person ON touches (network, person, at);

CREATE TABLE notes (
  network TEXT NOT NULL,
  id TEXT NOT NULL,
  text TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (network, id)
) WITHOUT ROWID;

CREATE TABLE drafts (
  account TEXT NOT NULL,
  item TEXT NOT NULL,
  act TEXT NOT NULL,
  text TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (account, item)
);

-- `lane` is what has to stay in order: a conversation or a thread of one account. `log` is the triage_log row
-- of the decision that went with the act.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  item TEXT NOT NULL,
  lane TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  act TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  material TEXT NOT NULL DEFAULT '',
  result TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  log INTEGER
);
CREATE INDEX outbox_unsettled ON outbox (account, item, id)
  WHERE state IN ('held', 'queued', 'sending', 'unsure');
CREATE INDEX outbox_target ON outbox (account, target, id);

CREATE TABLE places (
  layout TEXT NOT NULL,
  "column" TEXT NOT NULL,
  account TEXT NOT NULL,
  item TEXT NOT NULL,
  line INTEGER NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (layout, "column")
) WITHOUT ROWID;

-- What the desk keeps for its next start.
CREATE TABLE kept (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE ledger (
  account TEXT NOT NULL,
  source TEXT NOT NULL,
  day TEXT NOT NULL,
  requests INTEGER NOT NULL DEFAULT 0,
  posts INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account, source, day)
) WITHOUT ROWID;
