"""Filters, under the names that Nova's operators know; each says why a host is refused. They do no I/O."""
