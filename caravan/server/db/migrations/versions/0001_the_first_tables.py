"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from caravan.server.db.tables import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activations",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("protocol", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("station", AutoString(), nullable=False),
        sa.Column("level", AutoString(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("open_groups", sa.Integer(), nullable=False),
        sa.Column("unplaced", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activations")),
    )
    op.create_table(
        "groups",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("activation", AutoString(), nullable=False),
        sa.Column("station", AutoString(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("hosted", sa.Integer(), nullable=False),
        sa.Column("unplaced", sa.Integer(), nullable=False),
        sa.Column("departed", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_groups_activation"), ["activation"], unique=False)

    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("agency", AutoString(), nullable=False),
        sa.Column("role", AutoString(), nullable=False),
        sa.Column("user", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("activation", AutoString(), nullable=True),
        sa.Column("group_id", AutoString(), nullable=True),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_activation_seq", ["activation", "seq"], unique=False)
        batch_op.create_index("ix_journal_group_seq", ["group_id", "seq"], unique=False)

    op.create_table(
        "meal_orders",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("group_id", AutoString(), nullable=False),
        sa.Column("kitchen", AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service", AutoString(), nullable=False),
        sa.Column("rations", sa.Integer(), nullable=False),
        sa.Column("served", sa.Integer(), nullable=True),
        sa.Column("status", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_orders")),
    )
    with op.batch_alter_table("meal_orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meal_orders_group_id"), ["group_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("to", AutoString(), nullable=False),
        sa.Column("template", AutoString(), nullable=False),
        sa.Column("queued_at", UTCDateTime(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("activation", AutoString(), nullable=True),
        sa.Column("group_id", AutoString(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_table(
        "placements",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("group_id", AutoString(), nullable=False),
        sa.Column("shelter", AutoString(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("came", sa.Integer(), nullable=True),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
    )
    with op.batch_alter_table("placements", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_placements_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_placements_shelter"), ["shelter"], unique=False)

    op.create_table(
        "requests",
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("created", AutoString(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_requests")),
    )
    op.create_table(
        "shelters",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("municipality", AutoString(), nullable=False),
        sa.Column("nominal", sa.Integer(), nullable=True),
        sa.Column("free", sa.Integer(), nullable=True),
        sa.Column("occupied", sa.Integer(), nullable=True),
        sa.Column("incoming", sa.Integer(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("reported_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelters")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("activation", AutoString(), nullable=False),
        sa.Column("group_id", AutoString(), nullable=True),
        sa.Column("owner", AutoString(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("due", UTCDateTime(), nullable=True),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tasks_activation"), ["activation"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("label", AutoString(), nullable=False),
        sa.Column("agency", AutoString(), nullable=False),
        sa.Column("role", AutoString(), nullable=False),
        sa.Column("place", AutoString(), nullable=True),
        sa.Column("password", AutoString(), nullable=False),
        sa.Column("language", AutoString(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "sessions",
        sa.Column("token", AutoString(), nullable=False),
        sa.Column("user_id", AutoString(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_user_id"))

    op.drop_table("sessions")
    op.drop_table("users")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tasks_activation"))

    op.drop_table("tasks")
    op.drop_table("shelters")
    op.drop_table("requests")
    with op.batch_alter_table("placements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_placements_shelter"))
        batch_op.drop_index(batch_op.f("ix_placements_group_id"))

    op.drop_table("placements")
    op.drop_table("outbox")
    with op.batch_alter_table("meal_orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meal_orders_group_id"))

    op.drop_table("meal_orders")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_group_seq")
        batch_op.drop_index("ix_journal_activation_seq")

    op.drop_table("journal")
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_groups_activation"))

    op.drop_table("groups")
    op.drop_table("activations")
