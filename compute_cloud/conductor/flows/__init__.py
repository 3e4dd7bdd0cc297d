"""What users ask for, one durable flow a file."""

from compute_cloud.conductor.flows.boot_server import BOOT_SERVER
from compute_cloud.conductor.flows.delete_server import DELETE_SERVER
from compute_cloud.lifecycle.saga import Saga

SAGAS: dict[str, Saga] = {saga.name: saga for saga in (BOOT_SERVER, DELETE_SERVER)}
