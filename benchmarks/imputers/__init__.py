"""The methods of the benchmark of imputation, each run as a process of its own."""
