"""What mail clients support of HTML and CSS, and what of it an HTML part uses."""
