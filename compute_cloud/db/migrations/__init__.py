"""The schema over time: alembic revisions, expanding ones before contracting ones."""
