"""What derivatives mean where calculus does not say: every sentence of docs/semantics.md, through both engines."""
