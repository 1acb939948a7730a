"""What is known of a program without running it. Analyses return plain data and never mark the program."""
