"""Jenkins, in a multibranch pipeline that discovers tags.

Source: the help of Jenkins' Git plugin and of its branch API plugin about variables.
"""

from __future__ import annotations

from gto_action.ci.job import JobSystem

SYSTEM = JobSystem(
    tag="TAG_NAME",
    branch="BRANCH_NAME",
    commit="GIT_COMMIT",
    url="GIT_URL",
    directory="WORKSPACE",
    page="BUILD_URL",
)
