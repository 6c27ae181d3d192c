"""Where metrics go other than to a scraper."""
