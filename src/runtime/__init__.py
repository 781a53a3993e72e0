"""What every process needs. Imports nothing of ours."""
