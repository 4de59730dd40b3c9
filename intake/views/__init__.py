"""The pages of patients: the clinic's own page, the form, check-ins by link, and stopping messages."""
