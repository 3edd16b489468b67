"""What an operator asks of the wallet."""
