"""PykkaPrograms: ordinary Pykka programs, as its documentation shows them.

None knows of a simulation. Each is a function that starts actors, uses and stops them, and returns
what it found out; that is the same whoever goes first, on threads too.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pykka

GET_MESSAGES = object()


class PlainActor(pykka.ThreadingActor):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self._stored_messages: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if message is GET_MESSAGES:
            return self._stored_messages
        self._stored_messages.append(message)
        return None


def plain_actor() -> Any:
    ref = PlainActor.start()
    ref.tell({"no": "Norway", "se": "Sweden"})
    ref.tell({"a": 3, "b": 4, "c": 5})
    stored = ref.ask(GET_MESSAGES)
    ref.stop()
    return stored


class Adder(pykka.ThreadingActor):
    def add_one(self, number: int) -> int:
        return number + 1


class Bookkeeper(pykka.ThreadingActor):
    def __init__(self, adder: Any) -> None:
        super().__init__()
        self.adder = adder

    def count_to(self, target: int) -> list[int]:
        counted = [0]
        while counted[-1] < target:
            counted.append(self.adder.add_one(counted[-1]).get())
        return counted


def cooperation() -> Any:
    adder: Any = Adder.start().proxy()
    bookkeeper: Any = Bookkeeper.start(adder).proxy()
    counted = bookkeeper.count_to(5).get()
    pykka.ActorRegistry.stop_all()
    return counted


class FieldActor(pykka.ThreadingActor):
    field = "this is the value of FieldActor.field"

    def slow(self) -> str:
        time.sleep(0.05)
        return "this was returned after a delay"


def proxy_fields() -> Any:
    proxy: Any = FieldActor.start().proxy()
    before = proxy.field.get()
    slow = proxy.slow()
    setattr(proxy, "field", "new value")  # noqa: B010 - a checker would take it for a str then
    found = [before, slow.get(), proxy.field.get()]
    proxy.stop().get()
    return found


class Resolver(pykka.ThreadingActor):
    def resolve(self, address: IPv4Address) -> str:
        time.sleep(0.001 * (int(address) % 7))
        return f"host-{int(address) % 256}"


def worker_pool() -> Any:
    addresses = [IPv4Address(f"193.35.52.{number}") for number in range(1, 20)]
    pool: list[Any] = [Resolver.start().proxy() for _ in range(4)]
    hosts = [pool[number % 4].resolve(address) for number, address in enumerate(addresses)]
    found = list(zip(addresses, pykka.get_all(hosts), strict=True))
    pykka.ActorRegistry.stop_all()
    return found


class Playback:
    def __init__(self) -> None:
        self.volume = 0

    def play(self) -> bool:
        return True


class Player(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.playback = pykka.traversable(Playback())


def traversable_attributes() -> Any:
    player: Any = Player.start().proxy()
    setattr(player.playback, "volume", 7)  # noqa: B010 - a checker would take it for an int then
    found = [player.playback.play().get(), player.playback.volume.get()]
    player.stop().get()
    return found


class Consumer(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[int] = []

    def consume(self, item: int) -> None:
        self.items.append(item)


class Producer(pykka.ThreadingActor):
    def __init__(self, consumer: Any) -> None:
        super().__init__()
        self.consumer = consumer

    def produce(self, first: int) -> None:
        for item in range(first, first + 5):
            self.consumer.consume(item)


def producers_and_consumer() -> Any:
    """Return what arrived; each producer's items in their order, whoever produced first."""
    consumer: Any = Consumer.start().proxy()
    producers: list[Any] = [Producer.start(consumer).proxy() for _ in range(3)]
    done = [producer.produce(100 * number) for number, producer in enumerate(producers)]
    pykka.get_all(done)
    items = consumer.items.get()
    pykka.ActorRegistry.stop_all()
    return [[item for item in items if item // 100 == number] for number in range(3)]


class Worker(pykka.ThreadingActor):
    """Cuts its work into parts by a proxy to itself."""

    def __init__(self) -> None:
        super().__init__()
        self._in_future: Any = self.actor_ref.proxy()
        self.done: list[int] = []

    def work(self, parts: int) -> None:
        self.done.append(parts)
        if parts:
            self._in_future.work(parts - 1)


def proxy_to_itself() -> Any:
    worker: Any = Worker.start().proxy()
    worker.work(4).get()
    while len(done := worker.done.get()) < 5:
        pass
    worker.stop().get()
    return done


def combined_futures() -> Any:
    adders: list[Any] = [Adder.start().proxy() for _ in range(3)]
    first, *others = [adder.add_one(10 * number) for number, adder in enumerate(adders)]
    joined = first.join(*others)
    found = [
        joined.get(),
        joined.map(len).get(),
        joined.filter((5).__lt__).get(),
        joined.reduce(int.__add__, 100).get(),
    ]
    pykka.ActorRegistry.stop_all()
    return found


def hand_made_future() -> Any:
    future: pykka.ThreadingFuture[str] = pykka.ThreadingFuture()
    timer = threading.Timer(0.05, future.set, ["set by a timer"])
    timer.start()
    found = future.get(timeout=60)
    timer.join()
    return found


def awaited_answers() -> Any:
    adder: Any = Adder.start().proxy()

    async def count() -> list[int]:
        return [await adder.add_one(number) for number in range(3)]

    found = asyncio.run(count())
    adder.stop().get()
    return found


class Listener(pykka.ThreadingActor):
    """Tells by events how it lives."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.stopped = threading.Event(), threading.Event()

    def on_start(self) -> None:
        self.started.set()

    def on_stop(self) -> None:
        self.stopped.set()


def life_told_by_events() -> Any:
    ref = Listener.start()
    proxy: Any = ref.proxy()
    started, stopped = proxy.started.get(), proxy.stopped.get()
    before = started.wait(60), stopped.is_set(), ref.is_alive()
    ref.tell("anything")
    ref.stop()
    return before, stopped.wait(60), ref.is_alive()


def timeouts() -> Any:
    """Ask a sleeper with too little and with enough patience."""
    proxy: Any = FieldActor.start().proxy()
    try:
        proxy.slow().get(timeout=0.001)
        found = "answered"
    except pykka.Timeout:
        found = "timeout"
    patient = proxy.slow().get(timeout=60)
    proxy.stop().get()
    return found, patient


PROGRAMS: tuple[Callable[[], Any], ...] = (
    plain_actor,
    cooperation,
    proxy_fields,
    worker_pool,
    traversable_attributes,
    producers_and_consumer,
    proxy_to_itself,
    combined_futures,
    hand_made_future,
    awaited_answers,
    life_told_by_events,
    timeouts,
)
