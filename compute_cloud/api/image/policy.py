"""Who may do what with images: Glance's rule names and defaults."""

from collections.abc import Mapping
from typing import Final

from oslo_config import cfg
from oslo_policy import policy as oslo

from compute_cloud.context import Context
from compute_cloud.errors import Forbidden
from compute_cloud.objects.image import Image

_ADMIN: Final = "role:admin"
_MEMBER: Final = "role:admin or (role:member and project_id:%(project_id)s)"
_READER: Final = (
    "role:admin or role:service or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s"
    " or 'community':%(visibility)s or 'shared':%(visibility)s))"
)
# rule: (default, what it lets, operations)
_RULES: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "add_image": (_MEMBER, "Create an image", ("POST /v2/images",)),
    "get_image": (_READER, "Show an image", ("GET /v2/images/{image_id}",)),
    "get_images": ("role:admin or role:service or role:reader", "List images", ("GET /v2/images",)),
    "modify_image": (
        _MEMBER, "Change an image", ("PATCH /v2/images/{image_id}", "PUT /v2/images/{image_id}/tags/{tag}"),
    ),
    "delete_image": (_MEMBER, "Delete an image", ("DELETE /v2/images/{image_id}",)),
    "upload_image": (_MEMBER, "Upload the data of an image", ("PUT /v2/images/{image_id}/file",)),
    "download_image": (_READER, "Download the data of an image", ("GET /v2/images/{image_id}/file",)),
    "publicize_image": (_ADMIN, "Show an image to everybody", ("PATCH /v2/images/{image_id}",)),
    "communitize_image": (_MEMBER, "Let everybody use an image unlisted", ("PATCH /v2/images/{image_id}",)),
    "deactivate": (_MEMBER, "Take an image out of use", ("POST /v2/images/{image_id}/actions/deactivate",)),
    "reactivate": (_MEMBER, "Bring an image back into use", ("POST /v2/images/{image_id}/actions/reactivate",)),
    "get_members": (_READER, "List the projects that an image is shared with", ("GET /v2/images/{image_id}/members",)),
}  # fmt: skip


def list_rules() -> list[oslo.RuleDefault]:
    """Return every rule with its default, for oslo.policy and its generators."""
    return [
        oslo.DocumentedRuleDefault(
            name,
            check,
            f"{text}.",
            [{"method": o.partition(" ")[0], "path": o.partition(" ")[2]} for o in operations],
            scope_types=["project"],
        )
        for name, (check, text, operations) in _RULES.items()
    ]


class ImagePolicy:
    """The rules in force; operators override them in the policy file."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._enforcer = oslo.Enforcer(conf)
        self._enforcer.register_defaults(list_rules())

    def require(self, rule: str, context: Context, image: Image | None = None) -> None:
        """Raise Forbidden unless the asker may do that to the image, or to images at all."""
        target = {
            "project_id": context.project_id if image is None else image.owner,
            "owner": context.project_id if image is None else image.owner,
            "visibility": None if image is None else image.visibility,
        }
        asker = {
            "user_id": context.user_id,
            "project_id": context.project_id,
            "roles": list(context.roles),
            "system_scope": context.system_scope,
        }
        if not self._enforcer.authorize(rule, target, asker):
            raise Forbidden(f"You are not authorized to complete {rule} action.")


def scope_of(context: Context) -> str | None:
    """Return the project whose images the asker sees; None for those who see all.

    Raises Forbidden for one who has no project and is no administrator.
    """
    if context.is_admin or "admin" in context.roles or "service" in context.roles:
        return None
    if not context.project_id:
        raise Forbidden("Images belong to projects; the request is not scoped to one.")
    return context.project_id
