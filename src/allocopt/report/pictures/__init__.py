"""One file a picture. Each takes tables and says in its title what they say; nothing is left in pyplot's state."""
