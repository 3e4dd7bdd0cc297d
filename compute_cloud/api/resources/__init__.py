"""One noun of the API a file: what can be asked of it, and how it is shown."""
