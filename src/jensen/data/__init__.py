"""x: tables, what their columns are, and their way to arrays and back."""
