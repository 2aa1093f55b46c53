"""What plugins in Python share. Each module needs the interfaces that it imports: `calls` a world with http, and so on."""
