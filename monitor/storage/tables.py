"""Describes the tables as they are after the last migration.

Rules of the house: instants are integer microseconds (``*_at_us``); a pump is a small integer key; the
tables that grow (journal, alerts, outbox) are written at their end only. They have no index by pump,
because a randomly ordered index on a growing table costs most of the speed. Instead each row names the
previous row of its pump, and ``pump_state`` names the last one: a chain that is read backwards.
Partial indexes hold only what is still open, and stay small.

``migrations/`` never imports this file; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.type_api import TypeEngine

REVISION = "0001"
"""The last migration; revisions sort as text."""

APPLICATION_ID = 0x70756D70
"""Marks an SQLite file as ours ("pump" in ASCII); fixed for ever by the first migration."""

BIG: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere; SQLite makes a row's own number of a key only if it is called INTEGER."""

OPEN_INTERRUPTION = text("phase IN ('open', 'awaiting-review')")
OPEN_ALERT = text("resolved_at_us IS NULL")
UNFINISHED_NOTICE = text("state IN ('queued', 'offered')")
"""What the partial indexes hold, by id. A query uses such an index only if it says exactly these words.

They are said to SQLite alone: the mere word ``postgresql_where`` loads SQLAlchemy's part for PostgreSQL, which
is 2 MiB and not offered yet.
"""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _pump_key(*, nullable: bool = False) -> Column[int]:
    return Column("pump_key", BIG, ForeignKey("pumps.key"), nullable=nullable)


def _chain(name: str) -> Column[int]:
    return Column(name, BIG, nullable=False, server_default=text("0"))


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

pumps = Table(
    "pumps",
    metadata,
    Column("key", BIG, primary_key=True),
    Column("pump_id", Text, nullable=False, unique=True),
)

pump_state = Table(
    "pump_state",
    metadata,
    Column("pump_key", BIG, ForeignKey("pumps.key"), primary_key=True),
    Column("deadline_at_us", BIG),
    _chain("last_journal_id"),
    _chain("last_alert_id"),
    _chain("last_alert_number"),
    _chain("last_notice_id"),
    Column("state", LargeBinary),
    Column("ladder", LargeBinary),
)

journal = Table(
    "journal",
    metadata,
    Column("id", BIG, primary_key=True),
    _pump_key(nullable=True),
    _chain("previous_id"),
    Column("at_us", BIG, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    # Room for a chain of hashes over the rows; not filled yet.
    Column("hash", LargeBinary),
)

interruptions = Table(
    "interruptions",
    metadata,
    Column("id", BIG, primary_key=True),
    _pump_key(),
    Column("number", BIG, nullable=False),
    Column("opened_at_us", BIG, nullable=False),
    Column("noticed_at_us", BIG, nullable=False),
    Column("detected_at_us", BIG),
    Column("ended_at_us", BIG),
    Column("phase", Text, nullable=False),
    Column("as_of_us", BIG, nullable=False),
    Column("off_min_us", BIG, nullable=False),
    Column("off_max_us", BIG, nullable=False),
    Column("is_max_running", Boolean, nullable=False),
    Column("off_class", Text, nullable=False),
    Column("stops", Integer, nullable=False),
    Column("found_late", Boolean, nullable=False),
    Column("deadline_at_us", BIG),
    Column("threshold_us", BIG),
    Column("body", Text, nullable=False),
    Column("outcome", Text),
    Column("note", Text, nullable=False),
    Column("closed_by", Text),
    UniqueConstraint("pump_key", "number"),
)

Index("ix_interruptions_open", interruptions.c.id, sqlite_where=OPEN_INTERRUPTION)

alerts = Table(
    "alerts",
    metadata,
    Column("id", BIG, primary_key=True),
    _pump_key(),
    _chain("previous_id"),
    Column("number", BIG, nullable=False),
    Column("code", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("raised_at_us", BIG, nullable=False),
    Column("acknowledged_by", Text),
    Column("acknowledged_at_us", BIG),
    Column("resolved_at_us", BIG),
    Column("raw_code", Text),
    Column("is_latched", Boolean, nullable=False),
    Column("interruption", BIG),
    Column("detail", Text, nullable=False),
)
Index("ix_alerts_open", alerts.c.id, sqlite_where=OPEN_ALERT)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BIG, primary_key=True),
    _pump_key(),
    _chain("previous_id"),
    Column("interruption", BIG),
    Column("alert", BIG),
    Column("rung", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at_us", BIG, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until_us", BIG),
    Column("next_try_at_us", BIG),
    Column("last_error", Text),
    Column("provider_ref", Text),
    Column("updated_at_us", BIG, nullable=False),
)
Index("ix_outbox_unfinished", outbox.c.id, sqlite_where=UNFINISHED_NOTICE)

rejects = Table(
    "rejects",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("pump_key", BIG, ForeignKey("pumps.key")),
    Column("at_us", BIG, nullable=False),
    Column("source", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("raw", Text, nullable=False),
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("link", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

driver_memory = Table(
    "driver_memory",
    metadata,
    Column("link", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
