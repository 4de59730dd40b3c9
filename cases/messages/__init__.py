"""Renders and sends one message; knows no table and no patient, only what is to be said and where."""
