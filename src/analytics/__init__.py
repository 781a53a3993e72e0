"""Numbers about the desk."""
