"""The only room that touches the database: it answers, runs flows, and claims."""
