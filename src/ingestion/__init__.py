"""The door to customers: messages in, replies out."""
