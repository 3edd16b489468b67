"""What the service promises, each promise as a test on a real PostgreSQL and Valkey."""
