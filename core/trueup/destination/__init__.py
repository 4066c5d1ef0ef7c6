"""Where things go: interpreters, environments, what is installed in them, and their locks."""
