"""Mail as data: MIME to text, quotes and signatures, threads."""
