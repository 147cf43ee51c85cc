"""What the machine itself gives: its clock, and a bell inside one process."""
