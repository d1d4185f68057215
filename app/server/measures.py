"""What Prometheus is told beside requests: tasks, the queue before each device, memory, and what this process takes."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from graph import admission, tally
from graph.slots import loads
from tools.registry import BACKENDS


def register(registry: CollectorRegistry) -> None:
    """Have them told from now on."""
    registry.register(Measures())
    ProcessCollector(registry=registry)  # resident memory, open files, processor time


class Measures(Collector):
    """Read when they are asked for."""

    def collect(self) -> Iterator[Metric]:
        """The numbers as they are now."""
        ended = CounterMetricFamily("hugginggpt_tasks", "Tasks that have ended", labels=("task", "end"))
        for (task, end), number in tally.ended.items():
            ended.add_metric((task, end), number)
        yield ended
        seconds = CounterMetricFamily("hugginggpt_task_seconds", "Time that finished tasks took", labels=("task",))
        for task, took in tally.seconds.items():
            seconds.add_metric((task,), took)
        yield seconds
        yield from _queues()
        yield from _requests()
        yield _models()


def _queues() -> Iterator[Metric]:
    running = GaugeMetricFamily("hugginggpt_tasks_running", "Tasks that run", labels=("device",))
    waiting = GaugeMetricFamily("hugginggpt_tasks_waiting", "Tasks that wait for a device", labels=("device",))
    for device, (busy, queued) in loads().items():
        running.add_metric((device,), busy)
        waiting.add_metric((device,), queued)
    yield from (running, waiting)


def _requests() -> Iterator[Metric]:
    begun, waiting = admission.load()
    yield GaugeMetricFamily("hugginggpt_requests_begun", "Requests whose owner's turn it is", begun)
    yield GaugeMetricFamily("hugginggpt_requests_waiting", "Requests that wait for their owner's turn", waiting)


def _models() -> Metric:
    size = GaugeMetricFamily("hugginggpt_model_bytes", "Weights of local models in memory", labels=("model",))
    local = BACKENDS.get("local")
    for model in getattr(local, "loaded", list)():  # the cluster's and stand-ins keep none here
        size.add_metric((model.model,), model.bytes)
    return size
