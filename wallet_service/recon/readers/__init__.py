"""Bank files, one module per format."""
