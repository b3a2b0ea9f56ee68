"""The engine: everything that fetches, sends and decides, without a screen."""
