"""What an operation is: the table of operations and rules, the binding of calls, and broadcasting."""
