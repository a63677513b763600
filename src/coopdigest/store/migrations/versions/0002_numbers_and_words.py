"""What stands behind the look: the kind of an item; number, editor's words and overridden errors of an issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns. Issues approved before have no number: none was printed on them."""
    op.add_column("items", sa.Column("kind", sa.Text(), nullable=True))
    op.add_column("issues", sa.Column("number", sa.Integer(), nullable=True))
    op.add_column("issues", sa.Column("words", sa.JSON(), nullable=True))
    op.add_column("issues", sa.Column("overridden", sa.JSON(), nullable=True))
    op.create_index("uq_issues_digest_number", "issues", ["digest", "number"], unique=True)
