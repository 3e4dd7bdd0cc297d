"""The conductor: one line a method of its contract. What a method does stands in ``answers/`` and ``flows/``."""

import time

from oslo_config import cfg
from oslo_log import log

from compute_cloud.concurrency import Pool, Timer, every
from compute_cloud.conductor.answers import boots, deletes, flavors, hosts, images, reports, servers
from compute_cloud.conductor.flows import SAGAS
from compute_cloud.conductor.house import House, build
from compute_cloud.context import Context
from compute_cloud.objects.action import Action, ActionQuery
from compute_cloud.objects.boot import BootOrder
from compute_cloud.objects.flavor import Flavor, FlavorQuery
from compute_cloud.objects.host import HostChanges, HostedServer, Hypervisor, HypervisorQuery, Node, Zone
from compute_cloud.objects.image import Image, ImageQuery
from compute_cloud.objects.server import Server, ServerChanges, ServerName, ServerQuery
from compute_cloud.objects.service import Alive, Service, ServiceQuery
from compute_cloud.objects.ticket import Outcome, PowerReport, Verdict
from compute_cloud.rpc.transport import Transport

LOG = log.getLogger(__name__)
