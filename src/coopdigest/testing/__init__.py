"""Fakes of every port and a misbehaving SMTP server, for tests."""
