"""The REST door: therapists' programs and other systems. Reads through `visible_to`, writes through services."""
