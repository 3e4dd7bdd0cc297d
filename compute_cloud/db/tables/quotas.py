"""What projects use, and what they may.

A project's usage is one row, a column a resource, so that one conditional UPDATE takes all of a request or none.
"""

from sqlalchemy import BigInteger, Column, Integer, String

from compute_cloud.db.tables.columns import table

USAGES = table(
    "quota_usages",
    Column("project_id", String(255), primary_key=True),
    Column("instances", BigInteger, nullable=False),
    Column("cores", BigInteger, nullable=False),
    Column("ram", BigInteger, nullable=False),
    Column("server_groups", BigInteger, nullable=False),
)

LIMITS = table(
    "quota_limits",
    Column("project_id", String(255), primary_key=True),
    Column("user_id", String(255), primary_key=True),  # empty: of the project
    Column("resource", String(64), primary_key=True),
    Column("hard_limit", Integer, nullable=False),
)

CLASSES = table(
    "quota_classes",
    Column("name", String(255), primary_key=True),
    Column("resource", String(64), primary_key=True),
    Column("hard_limit", Integer, nullable=False),
)
