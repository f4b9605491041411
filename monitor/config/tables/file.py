"""The configuration file as a whole: every table that may stand in it."""

from __future__ import annotations

from pydantic import Field

from monitor.config.fields import Name, Table
from monitor.config.tables.people import ChannelsTable, ContactTable, LadderTable
from monitor.config.tables.pumps import FleetTable, PumpTable, SourceTable
from monitor.config.tables.site import FeedTable, SiteTable, StorageTable
from monitor.config.tables.therapies import TherapyTable

ARRAYS = ("pumps", "fleets", "sources", "contacts")
"""Tables that are written in double brackets, once for each. In the model they are by their place in the file,
so that a fault in one of them does not change the places of the others."""


class FileTable(Table):
    """Everything that may stand in the file; nothing in it has to."""

    allow_simulated: bool = False
    site: SiteTable = SiteTable()
    storage: StorageTable = StorageTable()
    feed: FeedTable = FeedTable()
    therapies: dict[Name, TherapyTable] = Field(default_factory=dict)
    pumps: dict[int, PumpTable] = Field(default_factory=dict)
    fleets: dict[int, FleetTable] = Field(default_factory=dict)
    sources: dict[int, SourceTable] = Field(default_factory=dict)
    contacts: dict[int, ContactTable] = Field(default_factory=dict)
    channels: ChannelsTable = ChannelsTable()
    ladders: dict[Name, LadderTable] = Field(default_factory=dict)
