"""Puts one daemon together and runs it."""
