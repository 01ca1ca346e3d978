"""What happens by itself: the table of jobs, and the process that starts them."""
