"""A compute control plane: api, conductor, scheduler and compute daemons behind Nova's API."""
