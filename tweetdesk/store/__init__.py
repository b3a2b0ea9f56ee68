"""Everything local: the SQLite database, and the settings, layouts and accounts in their files."""
