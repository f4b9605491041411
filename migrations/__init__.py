"""Holds the database's history: one frozen revision per change of the tables, none of which imports the monitor."""
