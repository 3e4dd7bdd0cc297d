"""The daemon that ranks hosts. It decides from memory and claims nothing."""
