"""Whether the outside world agrees."""
