"""Folder: an engine by its data directory, asked over the socket that it has there.

Owns the link for the time of one command. The engine's own store and journal are read beside it.
An engine in virtual time, which has no socket, is told so.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from attrs import define

from ....messages.codec import Codec
from ....messages.intake import CancelOrder, HostCommand
from ....messages.queries import GetOrders, GetPositions, OrdersView, Query
from ...errors import ConfigurationError
from ..disk import Disk
from ..order_lines import order_json
from ..records.store_report import Wanted, trades_page
from ..records.store_schema import FILE, open_to_read
from ..service.feed import EventFeed, Position
from ..service.link import LinkFault, SocketLink
from ..spool import JOURNAL, NotRunning, is_running
from ..travel.survey import survey
from .listener import Listener

Json = dict[str, Any]

CONNECT_SECONDS = 5.0
NO_SOCKET = (
    "the engine takes no questions here: one in virtual time has `callboard status`, `halt`,"
    " `resume`, `flatten`, `cancel-all` and `order show`"
)


@define(eq=False)
class Folder:
    """A data directory; `close` ends its link, where it has one."""

    data_dir: Path
    timeout_seconds: float
    codec: Codec
    _link: SocketLink | None = None

    @classmethod
    @contextmanager
    def opened(cls, data_dir: Path, timeout_seconds: float) -> Generator[Self]:
        """Open a data directory for one command."""
        from ...system import make_codec

        folder = cls(data_dir, timeout_seconds, make_codec())
        try:
            yield folder
        finally:
            folder.close()

    def orders(self, symbol: str, *, is_open_only: bool) -> Json:
        """Return orders, by default the open ones."""
        view: OrdersView = self.ask(GetOrders(symbol, open_only=is_open_only))
        return {
            "orders": [order_json(each) for each in view.orders],
            "strangers": [self.codec.whole(each) for each in view.strangers],
        }

    def positions(self) -> Json:
        """Return the open positions."""
        return self.codec.whole(self.ask(GetPositions()))  # type: ignore[no-any-return]

    def trades(self, wanted: Wanted) -> Json:
        """Return a page of trades, from the store; no engine needs to run."""
        try:
            connection = open_to_read(self.data_dir / FILE)
        except FileNotFoundError as error:
            raise ConfigurationError(str(error)) from error
        try:
            return trades_page(connection, wanted)
        finally:
            connection.close()

    def cancel(self, command_id: str, signal_id: str) -> None:
        """Have what rests of a signal's entry cancelled."""
        self.tell(CancelOrder(command_id, signal_id))

    def ask(self, query: Query) -> Any:
        """Return the engine's answer; raises `NotRunning` and `Refused`."""
        try:
            return self._opened_link().ask(query, self.timeout_seconds)
        except LinkFault as fault:
            raise NotRunning(fault.folder, fault.why) from fault

    def tell(self, command: HostCommand) -> None:
        """Give the engine a command; raises as `ask`."""
        try:
            self._opened_link().tell(command, self.timeout_seconds)
        except LinkFault as fault:
            raise NotRunning(fault.folder, fault.why) from fault

    def listening(self, records_before: int = 0) -> Listener:
        """Return who hears every event that is told from now on, and in some records before."""
        journal = Disk(self.data_dir / JOURNAL)
        begin = max(survey(journal).last + 1 - records_before, 0)
        return Listener(EventFeed(journal, self.codec, Position(begin, -1)))

    def close(self) -> None:
        """End the link; harmless twice."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _opened_link(self) -> SocketLink:
        if self._link is None:
            if not is_running(self.data_dir):
                raise NotRunning(self.data_dir, "no engine runs on this data directory")
            self._link = SocketLink(self.data_dir, self.codec)
            if not self._link.wait(min(self.timeout_seconds, CONNECT_SECONDS)):
                raise NotRunning(self.data_dir, NO_SOCKET)
        return self._link
