"""The `compute-cloud` command: speaks the REST APIs and nothing else."""
