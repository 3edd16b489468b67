"""One day at Bangla Sahayata Kendra, played through the HTTP API and the bank files on a service of its own."""
