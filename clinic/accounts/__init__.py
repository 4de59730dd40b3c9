"""Who works here: staff, sites, and who may do what where."""
