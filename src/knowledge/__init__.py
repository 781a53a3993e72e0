"""The searchable memory. Others enter through `articles` and `retrieval`."""
