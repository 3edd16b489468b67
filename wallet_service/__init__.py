"""E-wallets of Bangla Sahayata Kendra operators, kept as double-entry books."""

__version__ = "0.1.0"
