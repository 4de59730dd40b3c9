"""Every write: one function per intention, called by every door, one transaction each."""
