"""The door for programs: versioned REST."""
