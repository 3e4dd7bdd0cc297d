"""Whole ways to decide, chosen by ``[scheduler] driver``."""
