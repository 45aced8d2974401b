"""What Label Studio exports of a project, and what it makes of tasks of vpd, for make_json.py and check_json.py.

Runs Label Studio 1.23.2 in this process, without its server: a database in a temporary folder, requests to its API as
its page and its importer make them. Frames are those that its editor stores: from 1, see docs/formats.md.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

CONFIG = """<View>
  <TimelineLabels name="{timeline}" toName="video"><Label value="axel"/><Label value="lutz"/></TimelineLabels>
  <VideoRectangle name="box" toName="video"/>
  <Labels name="person" toName="video"><Label value="mia"/><Label value="zoe"/></Labels>
  <Choices name="subject" toName="video" perRegion="true"><Choice value="mia"/><Choice value="zoe"/></Choices>
  <Choices name="clip" toName="video"><Choice value="good"/><Choice value="bad"/></Choices>
  <Video name="video" value="$video" frameRate="25"/>
</View>"""


def start(folder: str) -> Any:
    """Label Studio with an empty database; gives a function that makes a client of a user."""
    os.environ.update(
        LABEL_STUDIO_BASE_DATA_DIR=folder,
        DJANGO_DB="sqlite",
        DJANGO_SETTINGS_MODULE="core.settings.label_studio",
        LOG_LEVEL="ERROR",
        SENTRY_DSN="",
        FRONTEND_SENTRY_DSN="",
        COLLECT_ANALYTICS="False",
        LATEST_VERSION_CHECK="False",
    )
    import label_studio

    sys.path.insert(0, str(Path(label_studio.__file__).parent))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from organizations.models import Organization
    from rest_framework.test import APIClient
    from users.models import User

    def client(email: str) -> APIClient:
        user = User.objects.create_user(email=email, password="none")
        organization = Organization.objects.first() or Organization.create_organization(
            created_by=user, title="heats"
        )
        organization.add_user(user)
        user.active_organization = organization
        user.save()
        made = APIClient()
        made.force_authenticate(user)
        return made

    return client


def done(response: Any) -> Any:
    assert response.status_code < 300, response.content
    if getattr(response, "streaming", False) or not hasattr(response, "json"):
        return json.loads(b"".join(response.streaming_content))
    return response.json()


def project(client: Any, timeline: str) -> int:
    made = client.post(
        "/api/projects/",
        {"title": "heats", "label_config": CONFIG.format(timeline=timeline)},
        "json",
    )
    return done(made)["id"]


def tasks_of(client: Any, number: int) -> list[dict[str, Any]]:
    return done(client.get(f"/api/tasks/?project={number}&fields=all&page_size=100"))["tasks"]


def export(client: Any, number: int, kind: str, **others: Any) -> Any:
    query = "&".join(f"{key}={value}" for key, value in others.items())
    return done(client.get(f"/api/projects/{number}/export?exportType={kind}&{query}"))


def region(key: str, name: str, kind: str, value: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {
        **{"id": key, "from_name": name, "to_name": "video", "type": kind, "origin": "manual"},
        **{"value": value, **others},
    }


def timeline(key: str, first: int, last: int, label: str, name: str = "jump") -> dict[str, Any]:
    value = {"ranges": [{"start": first, "end": last}], "timelinelabels": [label]}
    return region(key, name, "timelinelabels", value)


def box(
    key: str, label: str, frames: int, duration_s: float, *keys: tuple[int, bool]
) -> dict[str, Any]:
    """A rectangle, with what the editor adds to it when it stores it: a key frame's time is its number by the rate."""
    shape = {"x": 10, "y": 10, "width": 20, "height": 40, "rotation": 0}
    sequence = [{"frame": n, "enabled": on, **shape, "time": n / 25} for n, on in keys]
    value = {"framesCount": frames, "duration": duration_s, "sequence": sequence, "labels": [label]}
    return region(key, "box", "videorectangle", value)


def make(here: Path, folder: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = start(folder)
    mia, zoe = client("mia@example.org"), client("zoe@example.org")
    number = project(mia, "jump")
    upload = SimpleUploadedFile("heat_01.mp4", b"\x00\x00\x00\x18ftypmp42", "video/mp4")
    done(mia.post(f"/api/projects/{number}/import", {"file": upload}, "multipart"))
    address = "/data/local-files/?d=cup%20final/heat_02.mp4"
    guess = [timeline("g1", 51, 60, "lutz")]
    done(
        mia.post(
            f"/api/projects/{number}/import",
            [{"data": {"video": address}, "predictions": [{"score": 0.5, "result": guess}]}],
            "json",
        )
    )
    one, two = sorted(task["id"] for task in tasks_of(mia, number))
    for who, task, results, skipped in (
        (
            mia,
            one,
            [
                timeline("r1", 76, 113, "axel"),
                region(
                    "r1",
                    "subject",
                    "choices",
                    {"ranges": [{"start": 76, "end": 113}], "choices": ["mia"]},
                ),
                timeline("r2", 251, 251, "lutz"),
                box("r3", "zoe", 1500, 60.0, (100, True), (150, False), (200, True)),
                region("c1", "clip", "choices", {"choices": ["good"]}),
            ],
            False,
        ),
        (zoe, one, [timeline("r4", 80, 120, "axel")], False),
        (mia, two, [timeline("r5", 1, 50, "lutz")], False),
        (zoe, two, [timeline("r6", 1, 60, "lutz")], True),
    ):
        body = {"result": results, "was_cancelled": skipped, "lead_time": 12.5}
        done(who.post(f"/api/tasks/{task}/annotations/", body, "json"))
    for kind, name in (("JSON", "json"), ("JSON_MIN", "json_min")):
        content = export(mia, number, kind)
        path = here / f"{name}.json"
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def accept(tasks: list[dict[str, Any]], labels: set[str], folder: str) -> list[dict[str, Any]]:
    """Import tasks, accept their predictions as they are, and export."""
    from xml.sax.saxutils import quoteattr

    client = start(folder)("mia@example.org")
    names = "".join(f"<Label value={quoteattr(label)}/>" for label in sorted(labels))
    config = (
        f'<View><TimelineLabels name="action" toName="video">{names}</TimelineLabels>'
        '<Video name="video" value="$video" frameRate="$fps"/></View>'
    )
    made = client.post("/api/projects/", {"title": "heats", "label_config": config}, "json")
    number = done(made)["id"]
    print(done(client.post(f"/api/projects/{number}/import", tasks, "json")))
    for task in tasks_of(client, number):
        for prediction in task["predictions"]:
            body = {"result": prediction["result"], "parent_prediction": prediction["id"]}
            done(client.post(f"/api/tasks/{task['id']}/annotations/", body, "json"))
    return export(client, number, "JSON", download_all_tasks="true")
