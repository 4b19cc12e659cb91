"""The contract of a data set, and the checks that hold files against it."""
