"""The record: what the clinic knows about a person's knee, and what it does about it."""
