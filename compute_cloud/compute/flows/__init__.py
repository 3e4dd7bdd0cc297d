"""What a host does with an order, one operation a file."""
