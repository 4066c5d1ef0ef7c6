"""What to install: from what the user wrote to one exact artifact for each distribution."""
