"""Whether a local project is still true to what is installed from it."""
