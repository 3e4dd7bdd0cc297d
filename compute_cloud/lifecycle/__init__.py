"""What may happen to a server, and how what happens goes on after any fault. Pure."""
