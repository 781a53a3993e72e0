"""The shared noun: tickets, their messages, and every change of their state."""
