"""Puts the daemons together, one file each."""
