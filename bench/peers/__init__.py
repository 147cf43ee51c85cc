"""Other queues, each run in an environment of its own (`requirements/peers.txt`); nothing of ketway here."""
