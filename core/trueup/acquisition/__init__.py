"""How artifacts become packs: found in the store, fetched, or built."""
