"""The demo clinic: invented people who live three months of clinic life through the services."""
