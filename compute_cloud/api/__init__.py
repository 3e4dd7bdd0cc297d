"""The REST API: what users ask, checked, turned into questions to the conductor, and shown."""
