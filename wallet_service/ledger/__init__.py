"""Where money is, and how it got there."""
