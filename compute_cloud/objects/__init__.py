"""What travels through the house: frozen values, one noun a file, no I/O."""
