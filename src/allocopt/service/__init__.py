"""What a service needs beyond a plan: the record of how it came to be."""
