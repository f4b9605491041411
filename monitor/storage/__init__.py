"""Keeps what the monitor must not forget, in one database: the only home of SQLAlchemy and Alembic."""
