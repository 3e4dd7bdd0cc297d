"""How the daemons ask one another: contracts, and what carries their questions."""
