"""The questions as data: one definition drives pages, validation, JSON, stored wording, FHIR and print."""
