"""Queries, one noun a file: functions of a transaction that give frozen objects."""
