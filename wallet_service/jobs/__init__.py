"""Work after the answer."""
