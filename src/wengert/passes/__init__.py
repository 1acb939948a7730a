"""Program to program: each pass in a file of its own, each leaving what the program computes unchanged."""
