"""How an environment changes: decide a plan, carry it out as one transaction, record it."""
