"""The front door: the form, its drafts, and what the patient sent."""
