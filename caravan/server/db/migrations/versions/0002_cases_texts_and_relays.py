"""Cases, texts that can be erased, relays to other states"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from caravan.server.db.tables import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("activation", AutoString(), nullable=False),
        sa.Column("group_id", AutoString(), nullable=True),
        sa.Column("machine", AutoString(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_activation"), ["activation"], unique=False)

    op.create_table(
        "relays",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("activation", AutoString(), nullable=False),
        sa.Column("group_id", AutoString(), nullable=True),
        sa.Column("to_state", AutoString(), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=True),
        sa.Column("received", sa.Integer(), nullable=True),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relays")),
    )
    with op.batch_alter_table("relays", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_relays_activation"), ["activation"], unique=False)

    op.create_table(
        "texts",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("owner", AutoString(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kept_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
    )


def downgrade() -> None:
    op.drop_table("texts")
    with op.batch_alter_table("relays", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_relays_activation"))

    op.drop_table("relays")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_activation"))

    op.drop_table("cases")
