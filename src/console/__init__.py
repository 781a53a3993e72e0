"""The door for staff: server-rendered pages."""
