"""The program: a small typed language of scalars, storages and structured control flow."""
