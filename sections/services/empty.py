"""What the application does, one service for each kind of thing."""
