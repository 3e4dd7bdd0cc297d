"""Weighers, under the names that Nova's operators know. They do no I/O."""
