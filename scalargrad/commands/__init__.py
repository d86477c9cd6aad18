"""The command line: expressions and numbers as they are typed, and what each command does with them."""
