"""allocopt decides who gets scarce stock."""
