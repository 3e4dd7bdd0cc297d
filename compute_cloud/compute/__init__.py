"""What one host does: orders, image cache, watch."""
