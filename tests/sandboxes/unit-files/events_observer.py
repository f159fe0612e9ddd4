from unittest.mock import Mock, call
from solution import EventBus

def test_subscribers_are_called_in_order():
    bus, seen = EventBus(), []
    bus.subscribe("saved", lambda event: seen.append(("first", event)))
    bus.subscribe("saved", lambda event: seen.append(("second", event)))
    bus.publish("saved", {"id": 1})
    assert seen == [("first", {"id": 1}), ("second", {"id": 1})]

def test_mock_listener():
    bus, listener = EventBus(), Mock()
    bus.subscribe("saved", listener)
    bus.publish("saved", 1)
    bus.publish("saved", 2)
    listener.assert_called_with(2)
    assert listener.call_count == 2
    assert listener.call_args_list == [call(1), call(2)]

def test_unsubscribe():
    bus, listener = EventBus(), Mock()
    stop = bus.subscribe("saved", listener)
    stop()
    bus.publish("saved", 1)
    listener.assert_not_called()

def test_listener_object():
    class Recorder:
        def __init__(self):
            self.events = []

        def handle(self, event):
            self.events.append(event)

    bus, recorder = EventBus(), Recorder()
    bus.subscribe("saved", recorder.handle)
    bus.publish("saved", "x")
    assert recorder.events == ["x"]

def test_failing_listener_does_not_stop_others():
    bus, listener = EventBus(), Mock()
    bus.subscribe("saved", Mock(side_effect=RuntimeError("broken")))
    bus.subscribe("saved", listener)
    errors = bus.publish("saved", 3)
    listener.assert_called_once_with(3)
    assert [str(error) for error in errors] == ["broken"]
# ---- right
from collections import defaultdict

class EventBus:
    def __init__(self):
        self._listeners = defaultdict(list)

    def subscribe(self, name, listener):
        self._listeners[name].append(listener)
        return lambda: self._listeners[name].remove(listener)

    def publish(self, name, event):
        errors = []
        for listener in list(self._listeners[name]):
            try:
                listener(event)
            except Exception as error:
                errors.append(error)
        return errors
# ---- wrong
class EventBus:
    def __init__(self): self.listeners = []
    def subscribe(self, name, listener):
        self.listeners.append(listener)
        return lambda: None
    def publish(self, name, event):
        for listener in self.listeners: listener(event)
        return []
