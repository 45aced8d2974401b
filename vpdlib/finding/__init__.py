"""Every action in all footage: found, told apart, and cut out to look at."""
