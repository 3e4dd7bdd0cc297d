"""The database: known to the conductor and the manage command alone."""
