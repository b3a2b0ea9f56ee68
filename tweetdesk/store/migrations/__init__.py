"""The numbered steps from an empty database to the present one; see store/migrate.py."""
