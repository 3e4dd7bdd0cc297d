"""The embedded image service: the part of the Images v2 API that clients and the product itself need."""
