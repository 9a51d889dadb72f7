"""Use cases over ports: synchronous, and ignorant of every outside library."""
