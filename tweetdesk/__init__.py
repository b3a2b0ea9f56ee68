"""tweetdesk: a keyboard-only inbox in the terminal for relationships of trust."""

__version__ = "0.1.0"
