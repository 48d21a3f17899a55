"""Variables, grouped sums and rows, compiled to a `Program` of arrays with labels."""
