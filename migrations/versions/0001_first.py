"""Revision 0001: the first tables.

Frozen: what the tables are today stands in ``monitor/storage/tables.py``.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_APPLICATION_ID = 0x70756D70


def upgrade() -> None:
    """Make everything."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    _make_site()
    _make_pumps()
    _make_journal()
    _make_interruptions()
    _make_alerts()
    _make_outbox()


def downgrade() -> None:
    """Drop everything."""
    for table in (
        "driver_memory",
        "bookmarks",
        "rejects",
        "outbox",
        "alerts",
        "interruptions",
        "journal",
        "pump_state",
        "pumps",
        "meta",
    ):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=nullable)


def _chain(name: str) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=False, server_default=sa.text("0"))


def _id(table: str, name: str = "id") -> tuple[sa.Column[int], sa.PrimaryKeyConstraint]:
    return _big(name), sa.PrimaryKeyConstraint(name, name=f"pk_{table}")


def _pump(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["pump_key"], ["pumps.key"], name=f"fk_{table}_pump_key_pumps")


def _blob(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _make_site() -> None:
    op.create_table("meta", _text("name"), _text("value"), sa.PrimaryKeyConstraint("name", name="pk_meta"))
    for table in ("bookmarks", "driver_memory"):
        op.create_table(table, _text("link"), _blob("data"), sa.PrimaryKeyConstraint("link", name=f"pk_{table}"))


def _make_pumps() -> None:
    op.create_table(
        "pumps", *_id("pumps", "key"), _text("pump_id"), sa.UniqueConstraint("pump_id", name="uq_pumps_pump_id")
    )
    op.create_table(
        "pump_state",
        *_id("pump_state", "pump_key"),
        _big("deadline_at_us", nullable=True),
        _chain("last_journal_id"),
        _chain("last_alert_id"),
        _chain("last_alert_number"),
        _chain("last_notice_id"),
        _blob("state", nullable=True),
        _blob("ladder", nullable=True),
        _pump("pump_state"),
    )


def _make_journal() -> None:
    op.create_table(
        "journal",
        *_id("journal"),
        _big("pump_key", nullable=True),
        _chain("previous_id"),
        _big("at_us"),
        _text("kind"),
        _text("body"),
        _blob("hash", nullable=True),
        _pump("journal"),
    )
    op.create_table(
        "rejects",
        *_id("rejects"),
        _big("pump_key", nullable=True),
        _big("at_us"),
        *(_text(name) for name in ("source", "position", "cause", "why", "raw")),
        _pump("rejects"),
    )


def _make_interruptions() -> None:
    op.create_table(
        "interruptions",
        *_id("interruptions"),
        *(_big(name) for name in ("pump_key", "number", "opened_at_us", "noticed_at_us")),
        *(_big(name, nullable=True) for name in ("detected_at_us", "ended_at_us")),
        _text("phase"),
        *(_big(name) for name in ("as_of_us", "off_min_us", "off_max_us")),
        sa.Column("is_max_running", sa.Boolean, nullable=False),
        _text("off_class"),
        sa.Column("stops", sa.Integer, nullable=False),
        sa.Column("found_late", sa.Boolean, nullable=False),
        *(_big(name, nullable=True) for name in ("deadline_at_us", "threshold_us")),
        _text("body"),
        _text("outcome", nullable=True),
        _text("note"),
        _text("closed_by", nullable=True),
        sa.UniqueConstraint("pump_key", "number", name="uq_interruptions_pump_key_number"),
        _pump("interruptions"),
    )
    is_open = sa.text("phase IN ('open', 'awaiting-review')")
    op.create_index(
        "ix_interruptions_open",
        "interruptions",
        ["id"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        *_id("alerts"),
        _big("pump_key"),
        _chain("previous_id"),
        _big("number"),
        _text("code"),
        _text("priority"),
        _big("raised_at_us"),
        _text("acknowledged_by", nullable=True),
        _big("acknowledged_at_us", nullable=True),
        _big("resolved_at_us", nullable=True),
        _text("raw_code", nullable=True),
        sa.Column("is_latched", sa.Boolean, nullable=False),
        _big("interruption", nullable=True),
        _text("detail"),
        _pump("alerts"),
    )
    is_open = sa.text("resolved_at_us IS NULL")
    op.create_index("ix_alerts_open", "alerts", ["id"], sqlite_where=is_open, postgresql_where=is_open)


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        *_id("outbox"),
        _big("pump_key"),
        _chain("previous_id"),
        *(_big(name, nullable=True) for name in ("interruption", "alert")),
        *(_text(name) for name in ("rung", "contact", "channel", "text", "body")),
        _big("created_at_us"),
        _text("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        *(_big(name, nullable=True) for name in ("lease_until_us", "next_try_at_us")),
        *(_text(name, nullable=True) for name in ("last_error", "provider_ref")),
        _big("updated_at_us"),
        _pump("outbox"),
    )
    is_unfinished = sa.text("state IN ('queued', 'offered')")
    op.create_index(
        "ix_outbox_unfinished", "outbox", ["id"], sqlite_where=is_unfinished, postgresql_where=is_unfinished
    )
