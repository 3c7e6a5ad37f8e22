"""What turns other people's data into files of the graph, run by hand, checked by a test."""
