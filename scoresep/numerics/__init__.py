"""Arrays in, arrays out: the arithmetic that the stages are made of."""
