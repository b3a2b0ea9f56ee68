"""What tweetdesk is about, in plain values and pure functions: no I/O, no clock, no randomness."""
