"""What turns other people's data into files of the graph, each run by hand and checked by a test."""
