"""Reports and pictures of every pack, rendered by a headless browser and looked through: see `make gallery`."""
