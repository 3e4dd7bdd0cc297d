"""Other services, one file each: they answer with our objects and raise our problems."""
