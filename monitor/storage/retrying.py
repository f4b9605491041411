"""Finds out whether a commit that failed has become durable all the same.

A failed fsync leaves that open: the transaction may lie whole in the log, and be there again after the
log was read anew. Storing it a second time would tell people everything twice.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from monitor.storage.tables import journal, outbox
from monitor.storage.work import Work
from monitor.storage.writing import Ends, Skip, read_ends

NOTHING = Skip()


def what_was_stored(connection: Connection, before: Ends, work: Work) -> tuple[Ends, Skip]:
    """Return where the database ends now, and how many of the first rows of ``work`` it holds already.

    Args:
        connection: In the transaction of the next try.
        before: Where the database ended before the try that failed.
        work: What is tried again. If it is not what was tried before, nothing of it is skipped.
    """
    now = read_ends(connection)
    skip = Skip(now.journal - before.journal, now.notice - before.notice)
    if skip == NOTHING:
        return now, NOTHING
    facts = select(journal.c.at_us, journal.c.kind, journal.c.body).where(journal.c.id > before.journal)
    notices = select(outbox.c.created_at_us, outbox.c.contact, outbox.c.text).where(outbox.c.id > before.notice)
    is_same = [tuple(row) for row in connection.execute(facts.order_by(journal.c.id))] == [
        row[1:] for row in work.journals[: skip.journals]
    ] and [tuple(row) for row in connection.execute(notices.order_by(outbox.c.id))] == [
        (row.created_at_us, row.contact, row.text) for row in work.notices[: skip.notices]
    ]
    return now, skip if is_same else NOTHING
