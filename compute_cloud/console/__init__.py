"""The way to the screens of guests."""
