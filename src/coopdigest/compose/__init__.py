"""An issue becomes an edition: Jinja2, MJML, inlined HTML, text, and the checks."""
