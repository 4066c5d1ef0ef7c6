"""Editables and local installs of any installer, judged from outside: nothing of theirs is run."""
