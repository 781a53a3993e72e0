"""The AI colleague: triage, drafting, grounding, escalation."""
