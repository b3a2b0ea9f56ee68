"""An offline world that answers as a network does: for the demo, for tests, for other clients."""
