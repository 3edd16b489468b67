"""How fast it is: each figure of the speed table in a module of its own, measured beside its yardstick."""
