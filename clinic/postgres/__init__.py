"""PostgreSQL as Django speaks it, with an end to every wait."""
