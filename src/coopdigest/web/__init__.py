"""The preview and the public pages."""
