"""How the notebooks of the course are made, run and checked; nothing outside of this folder imports it."""
