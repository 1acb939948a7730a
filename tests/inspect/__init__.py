"""What users look at: traces."""
