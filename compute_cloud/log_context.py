"""Makes log lines bear the request that they belong to."""

from typing import Any

from oslo_context.context import RequestContext

from compute_cloud.context import Context


class _Asker(RequestContext):
    """What oslo.log reads of a request, and nothing that proves the asker."""

    def __init__(self, context: Context) -> None:  # the parent's would build what nobody here reads
        self._context = context
        self.request_id = context.request_id
        self.global_request_id = context.global_request_id

    def get_logging_values(self) -> dict[str, Any]:
        context = self._context
        return {
            "request_id": context.request_id,
            "global_request_id": context.global_request_id or "",
            "user": context.user_id,
            "project": context.project_id,
            "domain": None,
            "system_scope": context.system_scope,
            "user_domain": context.user_domain_id,
            "project_domain": context.project_domain_id,
        }

    def to_dict(self) -> dict[str, Any]:
        return self.get_logging_values()


def bind(context: Context) -> None:
    """Let what this thread logs from now on bear the request of ``context``, until the next one is bound."""
    _Asker(context).update_store()
