"""What each daemon can be asked, one Protocol a daemon."""
