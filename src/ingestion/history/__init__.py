"""Past tickets of another desk, read from its exports."""
