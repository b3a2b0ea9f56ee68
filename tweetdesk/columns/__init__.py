"""Column kinds, one file each, found by file name."""
