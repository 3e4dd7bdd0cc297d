"""What is asked of the conductor and answered at once: reads and small writes, by noun."""
